# Firehose writing to the bucket.
resource "aws_iam_role" "delivery" {
  name                 = "${local.stream_name}-delivery"
  description          = "Firehose writing archived logs to their bucket"
  assume_role_policy   = data.aws_iam_policy_document.delivery_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "delivery_trust" {
  statement {
    sid     = "FirehoseOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["firehose.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:firehose:${local.region}:${local.account}:deliverystream/${local.stream_name}"]
    }
  }
}

resource "aws_iam_role_policy" "delivery" {
  name   = "write"
  role   = aws_iam_role.delivery.id
  policy = data.aws_iam_policy_document.delivery_write.json
}

data "aws_iam_policy_document" "delivery_write" {
  statement {
    sid       = "FindBucket"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [var.bucket.arn]
  }

  statement {
    sid       = "WriteObjects"
    actions   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    resources = ["${var.bucket.arn}/${var.prefix}*", "${var.bucket.arn}/${local.errors}*"]
  }

  # For S3 and this bucket alone: the context is the object's ARN, or the bucket's where bucket keys are on.
  statement {
    sid       = "EncryptObjects"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.bucket.arn, "${var.bucket.arn}/*"]
    }
  }

  statement {
    sid       = "ReportErrors"
    actions   = ["logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.delivery_errors.arn}:log-stream:${aws_cloudwatch_log_stream.delivery_errors.name}"]
  }
}

# CloudWatch Logs putting records into the stream.
resource "aws_iam_role" "subscription" {
  name                 = "${local.stream_name}-subscription"
  description          = "CloudWatch Logs sending log groups to the archive"
  assume_role_policy   = data.aws_iam_policy_document.subscription_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "subscription_trust" {
  statement {
    sid     = "LogsOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account}:*"]
    }
  }
}

resource "aws_iam_role_policy" "subscription" {
  name   = "send"
  role   = aws_iam_role.subscription.id
  policy = data.aws_iam_policy_document.subscription_send.json
}

data "aws_iam_policy_document" "subscription_send" {
  statement {
    sid       = "SendRecords"
    actions   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
    resources = [aws_kinesis_firehose_delivery_stream.archive.arn]
  }
}
