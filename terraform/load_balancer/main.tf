resource "aws_lb" "public" {
  #checkov:skip=CKV_AWS_150:is_deletion_protected decides, true unless an environment may be destroyed
  #checkov:skip=CKV2_AWS_28:web_acl decides; without a CDN and firewall the environment holds no public product
  #checkov:skip=CKV2_AWS_76:the rule group against Log4j belongs to the web ACL, which the firewall module makes
  name               = var.name
  load_balancer_type = "application"
  internal           = false
  subnets            = var.network.public_subnet_ids
  security_groups    = [aws_security_group.balancer.id]

  enable_http2               = true
  enable_deletion_protection = var.is_deletion_protected
  idle_timeout               = var.idle_timeout_seconds

  # Against request smuggling: headers that are no valid HTTP are dropped, and
  # requests that parsers could read in two ways are refused or isolated.
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"

  # When the firewall cannot be asked, refuse rather than let everything through.
  enable_waf_fail_open = false

  access_logs {
    enabled = true
    bucket  = var.access_logs.bucket
    prefix  = var.access_logs.prefix
  }
}

resource "aws_wafv2_web_acl_association" "balancer" {
  count = var.web_acl == null ? 0 : 1

  resource_arn = aws_lb.public.arn
  web_acl_arn  = var.web_acl.arn
}
