locals {
  everything = [local.bucket_arn, "${local.bucket_arn}/*"]

  # Who delivers may write under its own prefix only.
  prefixes = {
    load_balancer_logs = "load-balancer"
    access_logs        = "access"
    cdn_logs           = "cdn"
    firehose           = "archive"
  }

  # Service principals cannot carry aws:SourceAccount in the same form: S3 and
  # the vended-log service send it, Elastic Load Balancing does not, and is held
  # to this account by the account id that it puts into every key. Firehose
  # writes with a role of this account and needs no statement at all.
  deliveries = {
    load_balancer_logs = {
      sid       = "DeliverLoadBalancerLogs"
      principal = "logdelivery.elasticloadbalancing.amazonaws.com"
      keys      = "${local.prefixes.load_balancer_logs}/AWSLogs/${local.account_id}/*"
      source    = null
    }
    access_logs = {
      sid       = "DeliverAccessLogs"
      principal = "logging.s3.amazonaws.com"
      keys      = "${local.prefixes.access_logs}/*"
      source    = "arn:${data.aws_partition.current.partition}:s3:::*"
    }
    cdn_logs = {
      sid       = "DeliverCdnLogs"
      principal = "delivery.logs.amazonaws.com"
      keys      = "${local.prefixes.cdn_logs}/*"
      # The sources of CloudFront logs live in us-east-1, wherever the bucket is.
      source = "arn:${data.aws_partition.current.partition}:logs:us-east-1:${local.account_id}:delivery-source:*"
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  source_policy_documents = var.policy_documents

  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = local.everything

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

  statement {
    sid       = "DenyOldTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = local.everything

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }

  # Holds whatever another statement grants. Services that AWS runs for this
  # account (log delivery, the CDN) come without an account of their own.
  statement {
    sid       = "DenyOtherAccounts"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = local.everything

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "BoolIfExists"
      variable = "aws:PrincipalIsAWSService"
      values   = ["false"]
    }
  }

  # With SSE-C whoever holds write access can lock the owner out of the data:
  # AWS never keeps that key.
  statement {
    sid       = "DenyCallersOwnKeys"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-customer-algorithm"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = { for role, delivery in local.deliveries : role => delivery if contains(var.receives, role) }

    content {
      sid       = statement.value.sid
      actions   = ["s3:PutObject"]
      resources = ["${local.bucket_arn}/${statement.value.keys}"]

      principals {
        type        = "Service"
        identifiers = [statement.value.principal]
      }

      dynamic "condition" {
        for_each = statement.value.source == null ? {} : {
          "aws:SourceAccount" = { test = "StringEquals", value = local.account_id }
          "aws:SourceArn"     = { test = "ArnLike", value = statement.value.source }
        }

        content {
          test     = condition.value.test
          variable = condition.key
          values   = [condition.value.value]
        }
      }
    }
  }
}

resource "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket.main.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 answers OperationAborted to both at once.
  depends_on = [aws_s3_bucket_public_access_block.main]
}
