data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  stream_name = "${var.name}-log-archive"
  errors      = "${trimsuffix(var.prefix, "/")}-failed/"
}

resource "aws_kinesis_firehose_delivery_stream" "archive" {
  name        = local.stream_name
  destination = "extended_s3"

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = var.kms_key_arn
  }

  extended_s3_configuration {
    role_arn    = aws_iam_role.delivery.arn
    bucket_arn  = var.bucket.arn
    kms_key_arn = var.kms_key_arn

    prefix              = "${var.prefix}!{timestamp:yyyy/MM/dd}/"
    error_output_prefix = "${local.errors}!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
    buffering_size      = var.buffer.mib
    buffering_interval  = var.buffer.seconds

    # CloudWatch Logs sends gzip already. Files of gzip are gzip when joined, so records are kept as they come:
    # `zcat` reads an object, and nothing is paid for unpacking or packed twice.
    compression_format = "UNCOMPRESSED"
    file_extension     = ".gz"

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.delivery_errors.name
      log_stream_name = aws_cloudwatch_log_stream.delivery_errors.name
    }
  }

  depends_on = [aws_iam_role_policy.delivery] # before it may write, its first records would go to the failed ones
}

resource "aws_cloudwatch_log_subscription_filter" "archived" {
  for_each = var.log_groups

  name            = local.stream_name
  log_group_name  = each.value
  filter_pattern  = "" # everything
  destination_arn = aws_kinesis_firehose_delivery_stream.archive.arn
  role_arn        = aws_iam_role.subscription.arn

  depends_on = [aws_iam_role_policy.subscription] # a test record is sent when the filter is made
}

# What Firehose itself complains of. Not among the archived groups: an error would then make the next one.
resource "aws_cloudwatch_log_group" "delivery_errors" {
  #checkov:skip=CKV_AWS_338:errors of the delivery are for whoever mends it, not for keeping
  name              = "/${var.name}/log-archive/errors"
  retention_in_days = 30
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_stream" "delivery_errors" {
  name           = "delivery"
  log_group_name = aws_cloudwatch_log_group.delivery_errors.name
}
