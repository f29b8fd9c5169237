mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name  = "acme"
  scope = "REGIONAL"
  logs = {
    retention_days = 30
    kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
  }
}

run "blocks_known_attacks_and_logs_no_credentials" {
  command = plan

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.main.rule : rule.priority => rule.name
      } == {
      0  = "rate-limit"
      1  = "AWSManagedRulesKnownBadInputsRuleSet"
      10 = "AWSManagedRulesAmazonIpReputationList"
      20 = "AWSManagedRulesCommonRuleSet"
    }
    error_message = "The rate limit comes first, then known bad inputs (Log4j), reputation and the common rules."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.main.rule : length(rule.override_action[0].none) == 1
      if rule.name != "rate-limit"
    ])
    error_message = "Managed groups must act, not merely count."
  }

  assert {
    condition = one(flatten([
      for rule in aws_wafv2_web_acl.main.rule : rule.statement[0].managed_rule_group_statement[0].rule_action_override[*].name
      if rule.name == "AWSManagedRulesCommonRuleSet"
    ])) == "SizeRestrictions_BODY"
    error_message = "Of the common rules only the size of bodies may count, since documents are uploaded."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.main.rule : rule.statement[0].rate_based_statement[0].aggregate_key_type
      if rule.name == "rate-limit"
    ]) == "IP"
    error_message = "Without a header the limit counts addresses of connections."
  }

  assert {
    condition     = aws_cloudwatch_log_group.decisions.name == "aws-waf-logs-acme" && aws_cloudwatch_log_group.decisions.kms_key_id == var.logs.kms_key_arn && aws_cloudwatch_log_group.decisions.retention_in_days == 30
    error_message = "The log group must be named for WAF, encrypted and bounded."
  }

  assert {
    condition     = toset(aws_wafv2_web_acl_logging_configuration.decisions.redacted_fields[*].single_header[0].name) == toset(["authorization", "cookie"])
    error_message = "Credentials must not reach the log."
  }
}

run "counts_clients_behind_a_cdn" {
  command = plan

  variables {
    client_address_header  = "X-Forwarded-For"
    requests_per_5_minutes = 500
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.main.rule :
      "${rule.statement[0].rate_based_statement[0].aggregate_key_type} ${rule.statement[0].rate_based_statement[0].limit}"
      if rule.name == "rate-limit"
    ]) == "FORWARDED_IP 500"
    error_message = "Behind a CDN the limit must count the forwarded address."
  }
}

# Few runs, because each one loads the provider's very large WAF schema.
run "refuses_what_cannot_work" {
  command         = plan
  expect_failures = [var.name, var.scope, var.requests_per_5_minutes, var.managed_rules, var.logs]

  variables {
    name                   = "acme.prod"
    scope                  = "GLOBAL"
    requests_per_5_minutes = 9
    managed_rules          = { AWSManagedRulesCommonRuleSet = { priority = 1 } }
    logs = {
      retention_days   = 30
      kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
      redacted_headers = ["cookie"]
    }
  }
}

run "refuses_equal_priorities_and_headers_in_capitals" {
  command         = plan
  expect_failures = [var.managed_rules, var.logs]

  variables {
    managed_rules = {
      AWSManagedRulesAmazonIpReputationList = { priority = 10 }
      AWSManagedRulesCommonRuleSet          = { priority = 10 }
    }
    logs = {
      retention_days   = 30
      kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
      redacted_headers = ["authorization", "cookie", "X-Api-Key"]
    }
  }
}
