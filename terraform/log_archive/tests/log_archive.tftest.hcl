mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/archive" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:errors" }
  }
  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/study-test-log-archive" }
  }
}

variables {
  name        = "study-test"
  log_groups  = { api = "/study-test/api", flow = "/study-test/network/flow" }
  bucket      = { arn = "arn:aws:s3:::study-test-logs" }
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/logs"
}

run "every_group_flows_into_the_bucket" {
  command = apply # policies name the stream, which a plan does not know yet

  assert {
    condition     = keys(aws_cloudwatch_log_subscription_filter.archived) == ["api", "flow"] && aws_cloudwatch_log_subscription_filter.archived["flow"].log_group_name == "/study-test/network/flow"
    error_message = "Each group must be subscribed, under its permanent key."
  }

  assert {
    condition     = alltrue([for filter in aws_cloudwatch_log_subscription_filter.archived : filter.filter_pattern == "" && filter.destination_arn == aws_kinesis_firehose_delivery_stream.archive.arn])
    error_message = "Everything in a group goes to the archive."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.archive.server_side_encryption[0].key_arn == var.kms_key_arn && aws_kinesis_firehose_delivery_stream.archive.extended_s3_configuration[0].kms_key_arn == var.kms_key_arn
    error_message = "The stream and its objects must be under the given key."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.archive.extended_s3_configuration[0].cloudwatch_logging_options[0].enabled && aws_cloudwatch_log_group.delivery_errors.kms_key_id == var.kms_key_arn
    error_message = "Failures of the delivery must be seen."
  }

  assert {
    condition     = startswith(aws_kinesis_firehose_delivery_stream.archive.extended_s3_configuration[0].error_output_prefix, "archive-failed/")
    error_message = "What could not be delivered must not lie among what was."
  }

  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.delivery_trust, data.aws_iam_policy_document.subscription_trust] :
      toset(document.statement[0].condition[*].variable) == toset(["aws:SourceAccount", "aws:SourceArn"])
    ])
    error_message = "Both roles may be assumed on behalf of this account only."
  }

  assert {
    condition = toset(flatten([for s in data.aws_iam_policy_document.delivery_write.statement : s.resources if s.sid == "WriteObjects"])) == toset([
      "arn:aws:s3:::study-test-logs/archive/*",
      "arn:aws:s3:::study-test-logs/archive-failed/*",
    ])
    error_message = "Delivery may write below its prefixes only."
  }

  assert {
    condition     = toset(flatten(data.aws_iam_policy_document.subscription_send.statement[*].resources)) == toset([aws_kinesis_firehose_delivery_stream.archive.arn])
    error_message = "CloudWatch Logs may send to this stream only."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    name        = "Study"
    log_groups  = {}
    bucket      = { arn = "study-test-logs" }
    prefix      = "/archive"
    kms_key_arn = "alias/logs"
    buffer      = { seconds = 10 }
  }

  expect_failures = [var.name, var.log_groups, var.bucket, var.prefix, var.kms_key_arn, var.buffer]
}
