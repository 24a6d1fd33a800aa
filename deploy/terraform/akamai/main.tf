# Client lists for Tidegate. Their items are Tidegate's; activations are, too.

terraform {
  required_providers {
    akamai = {
      source  = "akamai/akamai"
      version = ">= 6.0"
    }
  }
}

variable "contract_id" { type = string }
variable "group_id" { type = number }

resource "akamai_clientlist_list" "tidegate" {
  for_each    = toset(["IP", "GEO", "ASN"])
  name        = "tidegate-${lower(each.key)}"
  type        = each.key
  notes       = "Filled by Tidegate"
  tags        = ["tidegate"]
  contract_id = var.contract_id
  group_id    = var.group_id
  lifecycle { ignore_changes = [items] }
}

# Refer to the lists in a custom deny or an IP/Geo firewall of your security configuration, and let a role with
# "Client Lists: READ-WRITE" on this group alone own the API client that Tidegate uses.

output "tidegate" {
  value = { for type, list in akamai_clientlist_list.tidegate : type => list.list_id }
}
