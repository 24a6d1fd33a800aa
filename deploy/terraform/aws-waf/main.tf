# IP sets, exempt sets and a rule group for Tidegate, and the policy that lets it fill them. Their contents are Tidegate's.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "scope" {
  type    = string
  default = "REGIONAL" # or CLOUDFRONT, then in us-east-1
}

locals {
  sets = {
    tidegate-v4        = "IPV4"
    tidegate-v6        = "IPV6"
    tidegate-exempt-v4 = "IPV4"
    tidegate-exempt-v6 = "IPV6"
  }
}

resource "aws_wafv2_ip_set" "tidegate" {
  for_each           = local.sets
  name               = each.key
  description        = "Filled by Tidegate"
  scope              = var.scope
  ip_address_version = each.value
  addresses          = []
  lifecycle { ignore_changes = [addresses] }
}

resource "aws_wafv2_rule_group" "tidegate" {
  name        = "tidegate-rules"
  description = "Filled by Tidegate"
  scope       = var.scope
  capacity    = 500 # for good: a larger one needs a new group
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "tidegate-rules"
    sampled_requests_enabled   = true
  }
  lifecycle { ignore_changes = [rule] }
}

# In your web ACL:
#
# rule {
#   name     = "tidegate-addresses"
#   priority = 10
#   action { block {} }
#   statement {
#     or_statement {
#       statement { ip_set_reference_statement { arn = aws_wafv2_ip_set.tidegate["tidegate-v4"].arn } }
#       statement { ip_set_reference_statement { arn = aws_wafv2_ip_set.tidegate["tidegate-v6"].arn } }
#     }
#   }
#   visibility_config { ... }
# }
# rule {
#   name     = "tidegate-rules"
#   priority = 11
#   override_action { none {} }
#   statement { rule_group_reference_statement { arn = aws_wafv2_rule_group.tidegate.arn } }
#   visibility_config { ... }
# }

data "aws_iam_policy_document" "tidegate" {
  statement {
    actions   = ["wafv2:GetIPSet", "wafv2:UpdateIPSet"]
    resources = [for set in aws_wafv2_ip_set.tidegate : set.arn]
  }
  statement {
    actions   = ["wafv2:GetRuleGroup", "wafv2:UpdateRuleGroup"]
    resources = [aws_wafv2_rule_group.tidegate.arn]
  }
  # A rule refers to the exempt sets, and AWS checks that whoever writes it may use them.
  statement {
    actions = ["wafv2:UpdateRuleGroup"]
    resources = [
      aws_wafv2_ip_set.tidegate["tidegate-exempt-v4"].arn,
      aws_wafv2_ip_set.tidegate["tidegate-exempt-v6"].arn,
    ]
  }
}

resource "aws_iam_policy" "tidegate" {
  name   = "tidegate-waf"
  policy = data.aws_iam_policy_document.tidegate.json
}

output "tidegate" {
  value = {
    sets       = { for name, set in aws_wafv2_ip_set.tidegate : name => { id = set.id, arn = set.arn } }
    rule_group = aws_wafv2_rule_group.tidegate.id
  }
}
