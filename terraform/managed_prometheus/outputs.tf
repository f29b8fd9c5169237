output "workspace" {
  description = "What collectors write to, and dashboards and people read from."
  value = {
    id               = aws_prometheus_workspace.main.id
    arn              = aws_prometheus_workspace.main.arn
    endpoint         = aws_prometheus_workspace.main.prometheus_endpoint
    remote_write_url = "${aws_prometheus_workspace.main.prometheus_endpoint}api/v1/remote_write"
    log_group_name   = aws_cloudwatch_log_group.main.name
  }
}
