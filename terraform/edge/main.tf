locals {
  web      = "web"
  balancer = "balancer"

  # WebSocket paths come first: they are the narrower ones, and CloudFront
  # takes the first that matches.
  balancer_paths = concat(var.balancer_origin.websocket_paths, var.balancer_origin.paths)
}

resource "aws_cloudfront_origin_access_control" "web" {
  name                              = "${var.name}-web"
  description                       = "Signs requests to ${var.web_bucket.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "main" {
  #checkov:skip=CKV_AWS_86:access logs go through standard logging v2 (logging.tf); the older kind needs a bucket with ACLs
  #checkov:skip=CKV_AWS_310:one origin for each kind of request, so there is nothing to fail over to
  #checkov:skip=CKV2_AWS_47:the web ACL is an input; module firewall has the Log4j rules, not tunable
  #checkov:skip=CKV_AWS_374:the product is offered everywhere
  comment             = var.name
  enabled             = true
  aliases             = var.aliases
  default_root_object = "index.html"
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = var.price_class
  web_acl_id          = var.web_acl_arn

  origin {
    origin_id                = local.web
    domain_name              = var.web_bucket.regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.web.id
  }

  origin {
    origin_id   = local.balancer
    domain_name = var.balancer_origin.dns_name

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = "https-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = var.balancer_origin.read_timeout_seconds
      origin_keepalive_timeout = 60
    }

    dynamic "custom_header" {
      for_each = var.balancer_origin.secret_header == null ? [] : [nonsensitive(var.balancer_origin.secret_header.name)]

      content {
        name  = custom_header.value
        value = var.balancer_origin.secret_header.value
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = local.web
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.web.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.secure.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.rewrite.arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.balancer_paths

    content {
      path_pattern     = ordered_cache_behavior.value
      target_origin_id = local.balancer

      # A redirect would turn a POST into a GET and lose its body; and by then
      # its token has already crossed the network in the clear.
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = false
      cache_policy_id            = aws_cloudfront_cache_policy.nothing.id
      origin_request_policy_id   = aws_cloudfront_origin_request_policy.everything.id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.secure.id
    }
  }

  dynamic "custom_error_response" {
    for_each = var.error_pages

    content {
      error_code            = custom_error_response.key
      response_code         = custom_error_response.key
      response_page_path    = "/${local.error_page_keys[custom_error_response.key]}"
      error_caching_min_ttl = custom_error_response.value
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_cloudfront_function" "rewrite" {
  name    = "${var.name}-rewrite"
  comment = "Serves index.html for the routes of the web application"
  runtime = "cloudfront-js-2.0"
  code    = file("${path.module}/src/rewrite.js")
  publish = true
}

locals {
  error_page_keys = { for code in keys(var.error_pages) : code => "errors/${code}.html" }
}
