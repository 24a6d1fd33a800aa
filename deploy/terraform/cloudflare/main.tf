# Lists for Tidegate, the rule that reads them, and (for rules: ...) a ruleset entry point. The contents of the lists are
# Tidegate's: Terraform must not manage items.

terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
  }
}

variable "account_id" { type = string }
variable "zone_id" { type = string }

resource "cloudflare_list" "ip" {
  account_id  = var.account_id
  name        = "tidegate_ip"
  kind        = "ip"
  description = "Filled by Tidegate"
  lifecycle { ignore_changes = [items] }
}

resource "cloudflare_list" "asn" {
  account_id  = var.account_id
  name        = "tidegate_asn"
  kind        = "asn"
  description = "Filled by Tidegate"
  lifecycle { ignore_changes = [items] }
}

resource "cloudflare_list" "exempt" {
  account_id  = var.account_id
  name        = "tidegate_exempt"
  kind        = "ip"
  description = "Networks that no rule of Tidegate may stop; filled by Tidegate"
  lifecycle { ignore_changes = [items] }
}

resource "cloudflare_ruleset" "custom" {
  zone_id = var.zone_id
  name    = "custom rules"
  kind    = "zone"
  phase   = "http_request_firewall_custom"
  rules = [{
    ref         = "tidegate_lists"
    description = "Stops what Tidegate listed"
    expression  = "(ip.src in $tidegate_ip or ip.src.asnum in $tidegate_asn)"
    action      = "block"
  }]
  # With `rules:` Tidegate adds rules of its own beside this one.
  lifecycle { ignore_changes = [rules] }
}

output "tidegate" {
  value = {
    ip_list     = cloudflare_list.ip.id
    asn_list    = cloudflare_list.asn.id
    exempt_list = cloudflare_list.exempt.id
    ruleset_id  = cloudflare_ruleset.custom.id
  }
}
