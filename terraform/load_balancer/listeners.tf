resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.public.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06" # TLS 1.3 and 1.2 with forward secrecy
  certificate_arn   = var.certificate_arn

  # Browsers remember for a year to come back by HTTPS only; nobody needs to
  # know which software answered.
  routing_http_response_strict_transport_security_header_value = "max-age=31536000; includeSubDomains"
  routing_http_response_x_content_type_options_header_value    = "nosniff"
  routing_http_response_server_enabled                         = false

  default_action {
    type = "fixed-response"

    fixed_response {
      status_code  = "404"
      content_type = "text/html"
      message_body = var.not_found.html
    }
  }
}

resource "aws_lb_listener_rule" "not_found_json" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 49999 # after every service, before the default page

  action {
    type = "fixed-response"

    fixed_response {
      status_code  = "404"
      content_type = "application/json"
      message_body = var.not_found.json
    }
  }

  condition {
    http_header {
      http_header_name = "Accept"
      values           = ["*application/json*"]
    }
  }
}

resource "aws_lb_listener" "redirect" {
  load_balancer_arn = aws_lb.public.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}
