locals {
  log_groups = merge([
    for instance, identifier in local.instance_identifiers : {
      for log in local.exported_logs : "${instance}/${log}" => "/aws/rds/instance/${identifier}/${log}"
    }
  ]...)

  # RDS.20, RDS.21 and RDS.22 of the AWS Foundational Security Best Practices.
  event_categories = {
    db-instance        = ["availability", "configuration change", "deletion", "failover", "failure", "low storage", "maintenance", "notification", "recovery"]
    db-parameter-group = ["configuration change"]
    db-security-group  = ["configuration change", "failure"]
  }
}

resource "aws_cloudwatch_log_group" "exported" {
  #checkov:skip=CKV_AWS_338:retention is the environment's choice; what must last longer goes to the log archive
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.kms_key_arn
}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:rds:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:db:${local.identifier}*"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name                 = "${local.identifier}-monitoring"
  description          = "Enhanced monitoring of ${local.identifier}: writes operating system metrics to CloudWatch Logs"
  assume_role_policy   = data.aws_iam_policy_document.monitoring_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

# Not bound to source ids: a replica or a parameter group added later is covered
# from its first minute.
resource "aws_db_event_subscription" "operations" {
  for_each = var.events_topic == null ? {} : local.event_categories

  name             = "${local.identifier}-${each.key}"
  sns_topic        = var.events_topic.arn
  source_type      = each.key
  event_categories = each.value
}
