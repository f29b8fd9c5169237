data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  prefix  = "arn:${data.aws_partition.current.partition}"
  region  = data.aws_region.current.id
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["grafana.amazonaws.com"]
    }

    # For workspaces of this account only.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "StringLike"
      variable = "aws:SourceArn"
      values   = ["${local.prefix}:grafana:${local.region}:${local.account}:/workspaces/*"]
    }
  }
}

resource "aws_iam_role" "workspace" {
  name                 = "${var.name}-grafana"
  description          = "Grafana reads metrics with it, for whoever looks at a dashboard of ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "reads" {
  name   = "read_data_sources"
  role   = aws_iam_role.workspace.id
  policy = data.aws_iam_policy_document.reads.json
}

# Whoever may open a dashboard sees what this allows, of the whole account where AWS knows no resources: metrics, never logs.
data "aws_iam_policy_document" "reads" {
  #checkov:skip=CKV_AWS_356:reading metrics and traces knows no resources
  statement {
    sid       = "ReadMetrics"
    actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = var.prometheus == null ? [] : [var.prometheus.workspace_arn]

    content {
      sid       = "QueryWorkspace"
      actions   = ["aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries", "aps:QueryMetrics"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.has_traces ? ["xray"] : []

    content {
      sid       = "ReadTraces"
      actions   = ["xray:BatchGetTraces", "xray:GetGroups", "xray:GetServiceGraph", "xray:GetTimeSeriesServiceStatistics", "xray:GetTraceGraph", "xray:GetTraceSummaries"]
      resources = ["*"]
    }
  }
}
