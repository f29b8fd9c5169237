# Policies of our own instead of the managed ones: what is cached, forwarded
# and answered can be read here.

resource "aws_cloudfront_cache_policy" "web" {
  name        = "${var.name}-web"
  comment     = "Files, whoever asks for them"
  min_ttl     = 0
  default_ttl = var.web_cache_seconds.default
  max_ttl     = var.web_cache_seconds.max

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

resource "aws_cloudfront_cache_policy" "nothing" {
  name        = "${var.name}-nothing"
  comment     = "Answers for one user are never kept"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 0

  parameters_in_cache_key_and_forwarded_to_origin {
    # CloudFront refuses any other value where nothing is cached.
    enable_accept_encoding_brotli = false
    enable_accept_encoding_gzip   = false

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

resource "aws_cloudfront_origin_request_policy" "everything" {
  name    = "${var.name}-everything"
  comment = "All of the viewer's headers: Host for the certificate, Authorization, Sec-WebSocket-*"

  cookies_config {
    cookie_behavior = "all"
  }

  headers_config {
    header_behavior = "allViewer"
  }

  query_strings_config {
    query_string_behavior = "all"
  }
}

resource "aws_cloudfront_response_headers_policy" "secure" {
  name    = "${var.name}-secure"
  comment = "What browsers must be told, whatever the origin forgot"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }

    content_security_policy {
      content_security_policy = var.content_security_policy
      override                = true
    }
  }
}
