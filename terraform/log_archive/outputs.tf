output "archive" {
  description = "The archive's stream and its place. Watch DeliveryToS3.DataFreshness of `delivery_stream_name`: seconds by which the archive lags."
  value = {
    delivery_stream_arn  = aws_kinesis_firehose_delivery_stream.archive.arn
    delivery_stream_name = aws_kinesis_firehose_delivery_stream.archive.name
    error_log_group_name = aws_cloudwatch_log_group.delivery_errors.name
    prefix               = var.prefix
    failed_prefix        = local.errors
  }
}
