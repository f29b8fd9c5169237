mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/vendedlogs/prometheus/study-blue" }
  }
  mock_resource "aws_prometheus_workspace" {
    defaults = { id = "ws-1", arn = "arn:aws:aps:eu-central-1:111122223333:workspace/ws-1", prometheus_endpoint = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/" }
  }
}

variables {
  name        = "study-blue"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/metrics"
  logs        = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
}

run "a_workspace_is_encrypted_and_says_what_fails" {
  assert {
    condition     = aws_prometheus_workspace.main.kms_key_arn == "arn:aws:kms:eu-central-1:111122223333:key/metrics" && aws_prometheus_workspace_configuration.main.retention_period_in_days == 150
    error_message = "Metrics are encrypted with a key of our own and forgotten in time."
  }
  assert {
    condition     = aws_prometheus_workspace.main.logging_configuration[0].log_group_arn == "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/vendedlogs/prometheus/study-blue:*" && aws_cloudwatch_log_group.main.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/logs"
    error_message = "The workspace's log is kept and encrypted."
  }
  assert {
    condition     = output.workspace.remote_write_url == "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write"
    error_message = "Collectors need the whole address."
  }
  assert {
    condition     = length(aws_prometheus_rule_group_namespace.main) == 0 && length(aws_prometheus_alert_manager_definition.main) == 0
    error_message = "No rules and nobody told unless asked for."
  }
}

run "rules_and_routes_are_taken_as_they_are" {
  variables {
    rules         = { alerts = "groups:\n- name: alerts\n  rules: []\n" }
    alert_manager = "route: {receiver: warning}\nreceivers: [{name: warning}]\n"
  }

  assert {
    condition     = aws_prometheus_rule_group_namespace.main["alerts"].data == var.rules.alerts
    error_message = "Rules are evaluated as they were tested."
  }
  assert {
    condition     = yamldecode(aws_prometheus_alert_manager_definition.main[0].definition).alertmanager_config == var.alert_manager
    error_message = "The service wants the configuration as text below alertmanager_config."
  }
}

run "refuses_what_the_service_would_refuse" {
  command = plan
  variables {
    name           = "study_blue"
    retention_days = 0
    rules          = { alerts = "rules: []" }
    alert_manager  = "alertmanager_config: |\n  route: {receiver: warning}\n"
  }
  expect_failures = [var.name, var.retention_days, var.rules, var.alert_manager]
}
