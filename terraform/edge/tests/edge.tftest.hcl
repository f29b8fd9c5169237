mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1" }
  }
  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/acme-rewrite" }
  }
  mock_resource "aws_cloudwatch_log_delivery_destination" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:delivery-destination:acme-access" }
  }
}

variables {
  name            = "acme"
  aliases         = ["acme.example"]
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-1111-1111-1111-111111111111"
  web_acl_arn     = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/acme/11111111-1111-1111-1111-111111111111"
  web_bucket = {
    name                 = "acme-web"
    arn                  = "arn:aws:s3:::acme-web"
    regional_domain_name = "acme-web.s3.eu-west-1.amazonaws.com"
  }
  balancer_origin = { dns_name = "acme-1.eu-west-1.elb.amazonaws.com" }
  log_destination = { bucket_arn = "arn:aws:s3:::acme-logs" }
}

run "serves_over_modern_tls_behind_a_firewall" {
  assert {
    condition = (
      aws_cloudfront_distribution.main.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
      && aws_cloudfront_distribution.main.viewer_certificate[0].ssl_support_method == "sni-only"
      && aws_cloudfront_distribution.main.viewer_certificate[0].acm_certificate_arn == var.certificate_arn
    )
    error_message = "Viewers need our certificate over TLS 1.2 or later."
  }

  assert {
    condition     = aws_cloudfront_distribution.main.web_acl_id == var.web_acl_arn
    error_message = "The web ACL must guard the distribution."
  }

  assert {
    condition = (
      aws_cloudfront_distribution.main.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
      && alltrue([for behavior in aws_cloudfront_distribution.main.ordered_cache_behavior : behavior.viewer_protocol_policy == "https-only"])
    )
    error_message = "Pages are redirected to HTTPS; the API refuses HTTP."
  }

  assert {
    condition     = aws_cloudfront_distribution.main.default_root_object == "index.html" && aws_cloudfront_distribution.main.is_ipv6_enabled && aws_cloudfront_distribution.main.http_version == "http2and3"
    error_message = "A root object, IPv6 and HTTP/3 must be on."
  }
}

run "reads_origins_safely" {
  assert {
    condition = (
      aws_cloudfront_origin_access_control.web.signing_behavior == "always"
      && [for origin in aws_cloudfront_distribution.main.origin : length(origin.origin_access_control_id) > 0 if origin.domain_name == var.web_bucket.regional_domain_name] == [true]
    )
    error_message = "The web bucket must be read with signed requests."
  }

  assert {
    condition = flatten([
      for origin in aws_cloudfront_distribution.main.origin : [for config in origin.custom_origin_config : [config.origin_protocol_policy, tolist(config.origin_ssl_protocols)]]
    ]) == ["https-only", "TLSv1.2"]
    error_message = "The balancer must be reached over TLS 1.2 only."
  }

  assert {
    condition     = sum([for origin in aws_cloudfront_distribution.main.origin : length(origin.custom_header)]) == 0
    error_message = "No secret header unless one is given."
  }

  assert {
    condition     = one(one(data.aws_iam_policy_document.reader.statement[0].condition).values) == "arn:aws:cloudfront::123456789012:distribution/E1"
    error_message = "Only this distribution may read the web bucket."
  }
}

run "sends_the_api_to_the_balancer_uncached" {
  assert {
    condition     = join(" ", aws_cloudfront_distribution.main.ordered_cache_behavior[*].path_pattern) == "/ws/* /api/*"
    error_message = "WebSocket paths come first, then the API."
  }

  assert {
    condition     = aws_cloudfront_cache_policy.nothing.max_ttl == 0 && aws_cloudfront_origin_request_policy.everything.headers_config[0].header_behavior == "allViewer"
    error_message = "The API gets all headers and is never cached."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.main.default_cache_behavior[0].function_association) == 1 && length(flatten(aws_cloudfront_distribution.main.ordered_cache_behavior[*].function_association)) == 0
    error_message = "Only pages are rewritten."
  }

  assert {
    condition     = aws_cloudfront_cache_policy.web.default_ttl == 300
    error_message = "Pages are kept at the edge."
  }
}

run "tells_browsers_what_is_safe" {
  assert {
    condition = (
      aws_cloudfront_response_headers_policy.secure.security_headers_config[0].strict_transport_security[0].access_control_max_age_sec >= 31536000
      && aws_cloudfront_response_headers_policy.secure.security_headers_config[0].content_type_options[0].override
      && aws_cloudfront_response_headers_policy.secure.security_headers_config[0].frame_options[0].frame_option == "DENY"
      && aws_cloudfront_response_headers_policy.secure.security_headers_config[0].content_security_policy[0].content_security_policy == var.content_security_policy
    )
    error_message = "HSTS, nosniff, frame options and a content security policy must be sent."
  }
}

run "has_error_pages_and_logs" {
  variables {
    error_pages     = { 503 = 10 }
    log_destination = { bucket_arn = "arn:aws:s3:::acme-logs", prefix = "cdn/" }
    balancer_origin = {
      dns_name        = "acme-1.eu-west-1.elb.amazonaws.com"
      websocket_paths = ["/notifications/stream"]
      secret_header   = { name = "X-Origin-Token", value = "s3cret" }
    }
  }

  assert {
    condition     = [for page in aws_cloudfront_distribution.main.custom_error_response : "${page.error_code} ${page.response_page_path} ${page.error_caching_min_ttl}"] == ["503 /errors/503.html 10"]
    error_message = "A gateway error must show our page, for a short time, under its own code."
  }

  assert {
    condition     = strcontains(output.distribution.error_pages["errors/503.html"], "error 503")
    error_message = "The page itself must be in the output."
  }

  assert {
    condition     = aws_cloudwatch_log_delivery_destination.access.delivery_destination_configuration[0].destination_resource_arn == "arn:aws:s3:::acme-logs/cdn"
    error_message = "Access logs must land under the prefix."
  }

  assert {
    condition     = flatten([for origin in aws_cloudfront_distribution.main.origin : [for header in origin.custom_header : header.name]]) == ["X-Origin-Token"]
    error_message = "The balancer must be able to tell that a request came through the CDN."
  }
}

run "refuses_what_cannot_work" {
  command         = plan
  expect_failures = [var.name, var.aliases, var.certificate_arn, var.balancer_origin, var.price_class, var.web_cache_seconds, var.content_security_policy, var.error_pages]

  variables {
    name                    = "acme.example"
    aliases                 = []
    certificate_arn         = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-1111-1111-1111-111111111111"
    balancer_origin         = { dns_name = "acme-1.eu-west-1.elb.amazonaws.com", paths = ["api/*"] }
    price_class             = "PriceClass_300"
    web_cache_seconds       = { default = 600, max = 60 }
    content_security_policy = "default-src 'self' 'unsafe-eval'"
    error_pages             = { 403 = 60 }
  }
}

run "refuses_a_path_of_both_kinds" {
  command         = plan
  expect_failures = [var.balancer_origin]

  variables {
    balancer_origin = { dns_name = "acme-1.eu-west-1.elb.amazonaws.com", paths = ["/ws/*"] }
  }
}

run "refuses_a_timeout_beyond_the_quota" {
  command         = plan
  expect_failures = [var.balancer_origin]

  variables {
    balancer_origin = { dns_name = "acme-1.eu-west-1.elb.amazonaws.com", read_timeout_seconds = 90 }
  }
}
