mock_provider "aws" {
  mock_resource "aws_ce_anomaly_monitor" {
    defaults = { arn = "arn:aws:ce::123456789012:anomalymonitor/11111111-1111-1111-1111-111111111111" }
  }
}

variables {
  name        = "acme"
  monthly_usd = 1500
  topic_arn   = "arn:aws:sns:us-east-1:123456789012:acme-warning"
}

run "alerts_at_percentages_and_on_forecast" {
  assert {
    condition = toset([for one in aws_budgets_budget.monthly.notification : "${one.notification_type} ${one.threshold}"]) == toset([
      "ACTUAL 80", "ACTUAL 100", "FORECASTED 100",
    ])
    error_message = "Actual spending alerts at each percentage, and the forecast at 100."
  }

  assert {
    condition     = alltrue([for one in aws_budgets_budget.monthly.notification : contains(one.subscriber_sns_topic_arns, var.topic_arn)])
    error_message = "Every alert must reach the topic."
  }

  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "1500" && length(aws_budgets_budget.monthly.cost_filter) == 0
    error_message = "Without a tag the whole account counts."
  }

  assert {
    condition     = length(aws_ce_anomaly_monitor.spending) == 0 && output.budget.anomaly_monitor_arn == null
    error_message = "No anomaly monitor unless asked for."
  }
}

run "watches_anomalies_of_the_account" {
  variables {
    has_anomaly_alert = true
  }

  assert {
    condition     = aws_ce_anomaly_monitor.spending[0].monitor_type == "DIMENSIONAL" && aws_ce_anomaly_monitor.spending[0].monitor_dimension == "SERVICE"
    error_message = "Without a tag the monitor covers every service of the account."
  }

  assert {
    condition     = aws_ce_anomaly_subscription.spending[0].frequency == "IMMEDIATE" && one(aws_ce_anomaly_subscription.spending[0].subscriber).address == var.topic_arn
    error_message = "Anomalies must reach the topic, which AWS allows at once only."
  }
}

run "counts_one_tag_only" {
  variables {
    has_anomaly_alert = true
    cost_tag          = { key = "Environment", value = "blue" }
  }

  assert {
    condition     = one(aws_budgets_budget.monthly.cost_filter).values == tolist(["user:Environment$blue"])
    error_message = "The budget must count what carries the tag."
  }

  assert {
    condition     = aws_ce_anomaly_monitor.spending[0].monitor_type == "CUSTOM" && jsondecode(aws_ce_anomaly_monitor.spending[0].monitor_specification).Tags.Values == ["blue"]
    error_message = "The monitor must watch what carries the tag."
  }
}

run "refuses_what_aws_refuses" {
  command         = plan
  expect_failures = [var.name, var.monthly_usd, var.alert_percents, var.emails, var.anomaly_min_usd]

  variables {
    name            = "acme:prod"
    monthly_usd     = 0
    alert_percents  = [50, 60, 70, 80, 90]
    emails          = [for i in range(11) : "ops${i}@example.com"]
    anomaly_min_usd = 0
  }
}

run "refuses_a_budget_that_never_alerts" {
  command         = plan
  expect_failures = [var.alert_percents]

  variables {
    alert_percents = []
  }
}
