data "aws_iam_policy_document" "reader" {
  statement {
    sid       = "ReadForCdn"
    actions   = ["s3:GetObject"]
    resources = ["${var.web_bucket.arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudfront_distribution.main.arn]
    }
  }
}

output "distribution" {
  description = "The distribution; what a DNS alias needs (domain_name, hosted_zone_id); the statement that the web bucket's policy must contain; and the error pages to put into the web bucket, HTML by object key."
  value = {
    arn                = aws_cloudfront_distribution.main.arn
    id                 = aws_cloudfront_distribution.main.id
    domain_name        = aws_cloudfront_distribution.main.domain_name
    hosted_zone_id     = aws_cloudfront_distribution.main.hosted_zone_id
    aliases            = var.aliases
    reader_policy_json = data.aws_iam_policy_document.reader.json
    error_pages        = { for code, key in local.error_page_keys : key => templatefile("${path.module}/src/error.html", { code = code }) }
  }
}
