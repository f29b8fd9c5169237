data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  arn_prefix = "arn:${data.aws_partition.current.partition}"

  topic_names = { for topic in local.topics : topic => "${var.name}-${replace(topic, "_", "-")}" }

  # Composed, so that plans show the policies in full before there are topics.
  topic_arns = { for topic, name in local.topic_names : topic => "${local.arn_prefix}:sns:${data.aws_region.current.name}:${local.account_id}:${name}" }

  # What each service sends as the source of its messages. Those without an
  # ARN here send only the account.
  publishers = {
    cloudwatch     = { service = "cloudwatch.amazonaws.com", source = "${local.arn_prefix}:cloudwatch:${data.aws_region.current.name}:${local.account_id}:alarm:*" }
    events         = { service = "events.amazonaws.com", source = "${local.arn_prefix}:events:${data.aws_region.current.name}:${local.account_id}:rule/*" }
    budgets        = { service = "budgets.amazonaws.com", source = "${local.arn_prefix}:budgets::${local.account_id}:*" }
    cost_anomalies = { service = "costalerts.amazonaws.com", source = null }
    rds            = { service = "events.rds.amazonaws.com", source = "${local.arn_prefix}:rds:${data.aws_region.current.name}:${local.account_id}:*" }
    backup         = { service = "backup.amazonaws.com", source = null }
    prometheus     = { service = "aps.amazonaws.com", source = "${local.arn_prefix}:aps:${data.aws_region.current.name}:${local.account_id}:workspace/*" }
  }

  subscriptions = merge([
    for topic in local.topics : { for address in var.emails[topic] : "${topic}/${address}" => { topic = topic, address = address } }
  ]...)
}

resource "aws_sns_topic" "main" {
  for_each = local.topics

  name              = local.topic_names[each.key]
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topics

  dynamic "statement" {
    for_each = { for role, publisher in local.publishers : role => publisher if contains(var.publishers, role) }

    content {
      sid       = "Publish${replace(title(replace(statement.key, "_", " ")), " ", "")}"
      actions   = statement.key == "prometheus" ? ["sns:GetTopicAttributes", "sns:Publish"] : ["sns:Publish"] # it looks first
      resources = [local.topic_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account_id]
      }

      dynamic "condition" {
        for_each = statement.value.source == null ? [] : [statement.value.source]

        content {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = [condition.value]
        }
      }
    }
  }

  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.topic_arns[each.key]]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "main" {
  for_each = local.topics

  arn    = aws_sns_topic.main[each.key].arn
  policy = data.aws_iam_policy_document.topic[each.key].json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = local.subscriptions

  topic_arn = aws_sns_topic.main[each.value.topic].arn
  protocol  = "email"
  endpoint  = each.value.address
}
