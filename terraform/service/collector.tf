# AWS's distribution of the OpenTelemetry collector beside the application. It reads the application's Prometheus metrics
# and takes its traces over loopback, which containers of a task share, and sends both on. It is not essential: a collector
# that dies is started again, and a task is healthy or not by its application alone.
locals {
  collector = var.collector == null ? [] : [
    {
      name      = "collector"
      image     = var.collector.image
      essential = false
      user      = var.collector.user
      cpu       = var.collector.cpu
      memory    = var.collector.memory_mib

      restartPolicy = { enabled = true, restartAttemptPeriod = 60 }

      readonlyRootFilesystem = true
      privileged             = false

      linuxParameters = {
        initProcessEnabled = false # one process, no children
        capabilities       = { add = [], drop = ["ALL"] }
      }

      environment = [{ name = "AOT_CONFIG_CONTENT", value = jsonencode(local.collector_configuration) }] # JSON is YAML

      secrets = [for exporter in values(local.exporters) : { name = exporter.variable, valueFrom = exporter.secret.arn }]

      # A program of the image; it asks the extension health_check.
      healthCheck = { command = ["CMD", "/healthcheck"], interval = 15, timeout = 5, retries = 3, startPeriod = 30 }

      logConfiguration = local.log_configuration
    },
  ]
}

# What the collector does under the task's role.
data "aws_iam_policy_document" "collector" {
  #checkov:skip=CKV_AWS_356:xray:PutTraceSegments knows no resources
  #checkov:skip=CKV_AWS_111:xray:PutTraceSegments knows no resources
  count = local.has_workspace || local.has_xray ? 1 : 0

  dynamic "statement" {
    for_each = local.has_workspace ? [var.collector.workspace.arn] : []

    content {
      sid       = "WriteMetrics"
      actions   = ["aps:RemoteWrite"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.has_xray ? ["xray"] : []

    content {
      sid       = "SendTraces"
      actions   = ["xray:PutTraceSegments"]
      resources = ["*"]
    }
  }
}
