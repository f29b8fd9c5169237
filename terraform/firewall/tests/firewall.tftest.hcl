mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-acme" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/acme/11111111-1111-1111-1111-111111111111" }
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

run "blocks_known_attacks_and_floods" {
  assert {
    condition = {
      for rule in aws_wafv2_web_acl.main.rule : rule.priority => rule.name
      } == {
      0  = "rate-limit"
      10 = "AWSManagedRulesAmazonIpReputationList"
      20 = "AWSManagedRulesKnownBadInputsRuleSet"
      30 = "AWSManagedRulesCommonRuleSet"
    }
    error_message = "The rate limit comes first, then reputation, known bad inputs (Log4j) and the common rules."
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
}

run "logs_without_credentials" {
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

run "refuses_an_unknown_scope" {
  command         = plan
  expect_failures = [var.scope]

  variables {
    scope = "GLOBAL"
  }
}

run "refuses_a_limit_below_that_of_waf" {
  command         = plan
  expect_failures = [var.requests_per_5_minutes]

  variables {
    requests_per_5_minutes = 9
  }
}

run "refuses_to_drop_a_group" {
  command         = plan
  expect_failures = [var.managed_rules]

  variables {
    managed_rules = { AWSManagedRulesCommonRuleSet = { priority = 1 } }
  }
}

run "refuses_two_groups_of_one_priority" {
  command         = plan
  expect_failures = [var.managed_rules]

  variables {
    managed_rules = {
      AWSManagedRulesAmazonIpReputationList = { priority = 10 }
      AWSManagedRulesKnownBadInputsRuleSet  = { priority = 10 }
      AWSManagedRulesCommonRuleSet          = { priority = 30 }
    }
  }
}

run "refuses_to_log_credentials" {
  command         = plan
  expect_failures = [var.logs]

  variables {
    logs = {
      retention_days   = 30
      kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
      redacted_headers = ["cookie"]
    }
  }
}

run "refuses_headers_in_capitals" {
  command         = plan
  expect_failures = [var.logs]

  variables {
    logs = {
      retention_days   = 30
      kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
      redacted_headers = ["authorization", "cookie", "X-Api-Key"]
    }
  }
}
