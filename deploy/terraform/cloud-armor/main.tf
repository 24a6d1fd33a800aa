# Address groups for Tidegate, the rule that reads them, and a role that may fill them. Their items are Tidegate's.

terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0"
    }
  }
}

variable "project" { type = string }
variable "service_account" { type = string } # of the actuator

locals {
  groups = {
    tidegate-v4        = "IPV4"
    tidegate-v6        = "IPV6"
    tidegate-exempt-v4 = "IPV4"
    tidegate-exempt-v6 = "IPV6"
  }
}

resource "google_network_security_address_group" "tidegate" {
  for_each    = local.groups
  name        = each.key
  parent      = "projects/${var.project}"
  location    = "global"
  type        = each.value
  capacity    = 5000 # for good
  purpose     = ["CLOUD_ARMOR"]
  description = "Filled by Tidegate"
  lifecycle { ignore_changes = [items] }
}

resource "google_compute_security_policy" "edge" {
  project = var.project
  name    = "edge"

  rule {
    priority    = 1000
    action      = "deny(403)"
    description = "Stops what Tidegate listed"
    match {
      expr {
        expression = "evaluateAddressGroup('tidegate-v4', origin.ip) || evaluateAddressGroup('tidegate-v6', origin.ip)"
      }
    }
  }
  rule {
    priority    = 2147483647
    action      = "allow"
    description = "default"
    match {
      versioned_expr = "SRC_IPS_V1"
      config { src_ip_ranges = ["*"] }
    }
  }
  # With `rules:` Tidegate adds rules of its own from first_priority on.
  lifecycle { ignore_changes = [rule] }
}

resource "google_project_iam_custom_role" "tidegate" {
  project = var.project
  role_id = "tidegate"
  title   = "Tidegate: contents of address groups, rules of security policies"
  permissions = [
    "networksecurity.addressGroups.get",
    "networksecurity.addressGroups.update",
    "networksecurity.operations.get",
    # Only for `rules:`
    "compute.securityPolicies.get",
    "compute.securityPolicies.update",
    "compute.globalOperations.get",
    "networksecurity.addressGroups.use",
  ]
}

resource "google_project_iam_member" "tidegate" {
  project = var.project
  role    = google_project_iam_custom_role.tidegate.name
  member  = "serviceAccount:${var.service_account}"
}
