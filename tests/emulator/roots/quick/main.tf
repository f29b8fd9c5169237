# Resources that plain moto refuses or garbles and whose waiters are short.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  default_tags {
    tags = { Project = "study", Environment = "tests" }
  }
}

locals {
  services = ["backup.amazonaws.com", "dlm.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = local.services
    }
  }
}

resource "aws_iam_role" "keeper" {
  name               = "tests-keeper"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_sns_topic" "warnings" {
  name = "tests-warnings"
}

resource "aws_backup_vault" "safe" {
  name          = "tests-safe"
  force_destroy = true
}

data "aws_iam_policy_document" "vault" {
  statement {
    effect    = "Deny"
    actions   = ["backup:DeleteRecoveryPoint"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_backup_vault_policy" "safe" {
  backup_vault_name = aws_backup_vault.safe.name
  policy            = data.aws_iam_policy_document.vault.json
}

resource "aws_backup_plan" "daily" {
  name = "tests-daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.safe.name
    schedule          = "cron(0 3 * * ? *)"

    lifecycle {
      delete_after = 30
    }
  }
}

resource "aws_backup_selection" "database" {
  name         = "database"
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.keeper.arn
  resources    = ["arn:aws:rds:us-east-1:123456789012:db:tests"]
}

resource "aws_budgets_budget" "monthly" {
  name         = "tests-monthly"
  budget_type  = "COST"
  limit_amount = "500"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = [aws_sns_topic.warnings.arn]
  }
}

resource "aws_ce_anomaly_monitor" "services" {
  name              = "tests-services"
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
}

resource "aws_ce_anomaly_subscription" "warnings" {
  name             = "tests-warnings"
  frequency        = "IMMEDIATE"
  monitor_arn_list = [aws_ce_anomaly_monitor.services.arn]

  subscriber {
    type    = "SNS"
    address = aws_sns_topic.warnings.arn
  }

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = ["100"]
    }
  }
}

resource "aws_dlm_lifecycle_policy" "daily" {
  description        = "Daily snapshots"
  execution_role_arn = aws_iam_role.keeper.arn

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Snapshot = "daily" }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval = 24
        times    = ["03:00"]
      }

      retain_rule {
        count = 30
      }
    }
  }
}

resource "aws_elasticache_parameter_group" "valkey" {
  name   = "tests-valkey"
  family = "valkey8"

  parameter {
    name  = "maxmemory-policy"
    value = "volatile-lru"
  }
}

resource "aws_db_parameter_group" "postgres" {
  name   = "tests-postgres"
  family = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name    = "tests-any"
  alarm_rule    = "ALARM(one) OR ALARM(two)"
  alarm_actions = [aws_sns_topic.warnings.arn]
}

resource "aws_cloudfront_cache_policy" "short" {
  name    = "tests-short"
  min_ttl = 1

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_gzip = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Origin"]
      }
    }

    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "strict" {
  name = "tests-strict"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      override                   = true
    }
  }
}

resource "aws_cloudfront_function" "rewrite" {
  name    = "tests-rewrite"
  runtime = "cloudfront-js-2.0"
  code    = "function handler(event) { return event.request }"
}

data "aws_cloudfront_cache_policy" "disabled" {
  name = "Managed-CachingDisabled"
}

resource "aws_launch_template" "node" {
  name          = "tests-node"
  image_id      = "ami-12345678"
  instance_type = "t3.micro"

  tag_specifications {
    resource_type = "instance"
    tags          = { Role = "node" }
  }
}
