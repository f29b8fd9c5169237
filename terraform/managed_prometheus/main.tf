resource "aws_prometheus_workspace" "main" {
  alias       = var.name
  kms_key_arn = var.kms_key_arn

  # What rules and the alert manager cannot do is told here and nowhere else.
  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.main.arn}:*"
  }
}

resource "aws_prometheus_workspace_configuration" "main" {
  workspace_id             = aws_prometheus_workspace.main.id
  retention_period_in_days = var.retention_days
}

resource "aws_prometheus_rule_group_namespace" "main" {
  for_each = var.rules

  workspace_id = aws_prometheus_workspace.main.id
  name         = each.key
  data         = each.value
}

resource "aws_prometheus_alert_manager_definition" "main" {
  count = var.alert_manager == null ? 0 : 1

  workspace_id = aws_prometheus_workspace.main.id
  definition   = yamlencode({ alertmanager_config = var.alert_manager })
}

# AWS lets services write into groups below this path without being named in an account-wide policy one by one.
resource "aws_cloudwatch_log_group" "main" {
  #checkov:skip=CKV_AWS_338:retention_days decides; these logs say what a rule could not do, not what somebody did
  name              = "/aws/vendedlogs/prometheus/${var.name}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.kms_key_arn
}
