# Standard logging v2. The older kind, a block of the distribution, writes with
# ACLs, which our buckets have switched off.

resource "aws_cloudwatch_log_delivery_source" "access" {
  name         = "${var.name}-access"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.main.arn
}

resource "aws_cloudwatch_log_delivery_destination" "access" {
  name          = "${var.name}-access"
  output_format = "json"

  delivery_destination_configuration {
    # The prefix belongs to the ARN: as a suffix path CloudFront would put it
    # behind one of its own at creation and drop that again on every change.
    destination_resource_arn = "${var.log_destination.bucket_arn}/${trim(var.log_destination.prefix, "/")}"
  }
}

resource "aws_cloudwatch_log_delivery" "access" {
  delivery_source_name     = aws_cloudwatch_log_delivery_source.access.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.access.arn
}
