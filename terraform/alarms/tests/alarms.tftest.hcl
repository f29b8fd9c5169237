mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:topic" }
  }
}

variables {
  name        = "acme"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "makes_two_encrypted_private_topics_by_default" {
  assert {
    condition     = keys(aws_sns_topic.main) == ["critical", "warning"] && alltrue([for topic in aws_sns_topic.main : topic.kms_master_key_id == var.kms_key_arn])
    error_message = "There must be a critical and a warning topic, encrypted with the caller's key."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.topic : { for statement in document.statement : statement.sid => statement.effect == "Deny" } == {
        PublishCloudwatch = false
        DenyPlainHttp     = true
      }
    ])
    error_message = "Only CloudWatch may publish, and nobody over plain HTTP."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0 && length(aws_cloudwatch_metric_alarm.main) == 0
    error_message = "Nothing else is made unless it is asked for."
  }
}

run "routes_by_severity" {
  variables {
    has_on_call_topic = true
    publishers        = ["cloudwatch", "budgets", "cost_anomalies"]
    emails            = { critical = ["ops@example.com"], warning = ["ops@example.com"] }

    alarms = {
      api-errors = {
        description        = "One request in twenty fails"
        severity           = "critical"
        threshold          = 5
        evaluation_periods = 5
        periods_to_alarm   = 3
        missing_data       = "notBreaching"
        expression = {
          formula = "100 * errors / requests"
          label   = "errors per cent"
          metrics = {
            errors   = { namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", statistic = "Sum" }
            requests = { namespace = "AWS/ApplicationELB", name = "RequestCount", statistic = "Sum" }
          }
        }
      }
      api-latency = {
        description = "The slowest hundredth takes over two seconds"
        severity    = "warning"
        threshold   = 2
        metric      = { namespace = "AWS/ApplicationELB", name = "TargetResponseTime", statistic = "p99" }
      }
      api-tasks = {
        description  = "No task runs"
        severity     = "none"
        comparison   = "LessThanThreshold"
        threshold    = 1
        missing_data = "breaching"
        metric       = { namespace = "ECS/ContainerInsights", name = "RunningTaskCount", dimensions = { ServiceName = "api" } }
      }
    }

    composites = {
      api = { description = "The API does not serve", severity = "critical", of = ["api-errors", "api-tasks"] }
    }
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.main : key => length(alarm.alarm_actions) } == {
      api-errors  = 1 # both topics have one ARN under mocks, and actions are a set
      api-latency = 1
      api-tasks   = 0
    }
    error_message = "Severity none takes no action; the others do."
  }

  assert {
    condition     = join(" ", local.topics_of.critical) == "critical on_call" && join(" ", local.topics_of.warning) == "warning"
    error_message = "Critical alarms page, warnings do not."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["api-latency"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.main["api-latency"].statistic == null
    error_message = "A percentile is an extended statistic."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["api-tasks"].statistic == "Average" && aws_cloudwatch_metric_alarm.main["api-tasks"].treat_missing_data == "breaching"
    error_message = "Silence must be able to raise an alarm."
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.main["api-errors"].metric_query : query.id if query.return_data] == ["result"] && length(aws_cloudwatch_metric_alarm.main["api-errors"].metric_query) == 3
    error_message = "An expression returns its own result, not its parts."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["api-errors"].datapoints_to_alarm == 3 && aws_cloudwatch_metric_alarm.main["api-latency"].datapoints_to_alarm == 3
    error_message = "Left out, every period must breach."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.main["api"].alarm_rule == "ALARM(\"acme-api-errors\") OR ALARM(\"acme-api-tasks\")"
    error_message = "A composite is raised by any of its alarms."
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.email) == ["critical/ops@example.com", "warning/ops@example.com"]
    error_message = "Each topic writes to its own addresses."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.topic["warning"].statement : statement.sid =>
      join(" ", flatten([for principal in statement.principals : tolist(principal.identifiers)]))
      } == {
      PublishBudgets       = "budgets.amazonaws.com"
      PublishCloudwatch    = "cloudwatch.amazonaws.com"
      PublishCostAnomalies = "costalerts.amazonaws.com"
      DenyPlainHttp        = "*"
    }
    error_message = "Budgets and cost anomalies must be able to publish when asked for."
  }

  assert {
    condition     = output.alarms.names == { api = "acme-api", api-errors = "acme-api-errors", api-latency = "acme-api-latency", api-tasks = "acme-api-tasks" } && keys(output.topic_arns) == ["critical", "on_call", "warning"]
    error_message = "The output must name every alarm and topic."
  }
}

run "refuses_what_cannot_work" {
  command         = plan
  expect_failures = [var.name, var.emails, var.publishers, var.alarms]

  variables {
    name       = "acme.prod"
    emails     = { on_call = ["ops@example.com"] }
    publishers = ["events"]
    alarms     = { both = { description = "-", severity = "critical", threshold = 1 } }
  }
}

run "refuses_malformed_values" {
  command         = plan
  expect_failures = [var.emails, var.alarms]

  variables {
    emails = { critical = ["ops"] }
    alarms = { typo = { description = "-", severity = "urgent", threshold = 1, metric = { namespace = "N", name = "M" } } }
  }
}

run "refuses_unknown_treatment_of_missing_data" {
  command         = plan
  expect_failures = [var.alarms]

  variables {
    alarms = { typo = { description = "-", severity = "none", threshold = 1, missing_data = "notbreaching", metric = { namespace = "N", name = "M" } } }
  }
}

run "refuses_more_breaches_than_periods" {
  command         = plan
  expect_failures = [var.alarms]

  variables {
    alarms = { typo = { description = "-", severity = "none", threshold = 1, evaluation_periods = 2, periods_to_alarm = 3, metric = { namespace = "N", name = "M" } } }
  }
}

run "refuses_a_period_that_cloudwatch_lacks" {
  command         = plan
  expect_failures = [var.alarms]

  variables {
    alarms = { typo = { description = "-", severity = "none", threshold = 1, period_seconds = 45, metric = { namespace = "N", name = "M" } } }
  }
}

run "refuses_a_composite_of_absent_alarms" {
  command         = plan
  expect_failures = [var.composites]

  variables {
    composites = { broken = { description = "-", severity = "warning", of = ["absent"] } }
  }
}

run "refuses_a_composite_that_tells_nobody" {
  command         = plan
  expect_failures = [var.composites]

  variables {
    alarms     = { fine = { description = "-", severity = "none", threshold = 1, metric = { namespace = "N", name = "M" } } }
    composites = { silent = { description = "-", severity = "none", of = ["fine"] } }
  }
}
