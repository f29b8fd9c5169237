mock_provider "aws" {
  mock_data "aws_ec2_managed_prefix_list" {
    defaults = { id = "pl-0123456789abcdef0" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/study-blue/0123456789abcdef" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/study-blue/0123456789abcdef/0123456789abcdef" }
  }
  mock_resource "aws_lb_listener_rule" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener-rule/app/study-blue/0123456789abcdef/0123456789abcdef/0123456789abcdef" }
  }
}

override_resource {
  target = aws_lb_target_group.service["api-blue"]
  values = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/study-blue-api-blue/0123456789abcdef" }
}
override_resource {
  target = aws_lb_target_group.service["api-green"]
  values = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/study-blue-api-green/0123456789abcdef" }
}
override_resource {
  target = aws_lb_target_group.service["live_updates-blue"]
  values = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/study-blue-live-updates-blue/0123456789abcdef" }
}
override_resource {
  target = aws_lb_target_group.service["live_updates-green"]
  values = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/study-blue-live-updates-green/0123456789abcdef" }
}

variables {
  name            = "study-blue"
  network         = { vpc_id = "vpc-1", cidr = "10.9.0.0/16", public_subnet_ids = ["subnet-1", "subnet-2"] }
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  access_logs     = { bucket = "study-blue-logs" }
  target_groups = {
    api          = { port = 8000, path_patterns = ["/api/*"], priority = 100, health = { path = "/healthz" } }
    live_updates = { port = 8001, path_patterns = ["/live", "/live/*"], priority = 200, health = { path = "/healthz" } }
  }
}

run "speaks_modern_https_only" {
  command = plan

  assert {
    condition     = aws_lb_listener.https.port == 443 && aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    error_message = "The listener must speak TLS 1.2 or newer."
  }
  assert {
    condition     = aws_lb_listener.redirect.default_action[0].redirect[0].protocol == "HTTPS" && aws_lb_listener.redirect.default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "Port 80 must only redirect."
  }
  assert {
    condition     = aws_lb.public.enable_http2 && aws_lb.public.drop_invalid_header_fields && aws_lb.public.desync_mitigation_mode == "defensive" && !aws_lb.public.enable_waf_fail_open
    error_message = "HTTP/2 on, invalid headers dropped, desync mitigation defensive, and closed when the firewall fails."
  }
  assert {
    condition     = aws_lb.public.access_logs[0].enabled && aws_lb.public.access_logs[0].bucket == "study-blue-logs"
    error_message = "Every request must be logged."
  }
  assert {
    condition     = aws_lb.public.enable_deletion_protection
    error_message = "Deletion protection must be on by default."
  }
}

run "unknown_paths_get_our_own_page" {
  command = plan

  assert {
    condition     = aws_lb_listener.https.default_action[0].fixed_response[0].status_code == "404" && strcontains(aws_lb_listener.https.default_action[0].fixed_response[0].message_body, "<h1>Not found</h1>")
    error_message = "Browsers must get the page."
  }
  assert {
    condition     = jsondecode(aws_lb_listener_rule.not_found_json.action[0].fixed_response[0].message_body).error.code == "not_found" && aws_lb_listener_rule.not_found_json.priority > 200
    error_message = "Clients that accept JSON must get JSON, after every service's rule."
  }
}

run "every_service_starts_on_blue" {
  assert {
    condition     = toset(keys(aws_lb_target_group.service)) == toset(["api-blue", "api-green", "live_updates-blue", "live_updates-green"]) && aws_lb_target_group.service["live_updates-green"].name == "study-blue-live-updates-green"
    error_message = "Each service needs a blue and a green target group with a name AWS accepts."
  }
  assert {
    condition     = { for group in aws_lb_listener_rule.service["api"].action[0].forward[0].target_group : reverse(split("-", split("/", group.arn)[1]))[0] => group.weight } == { blue = 100, green = 0 }
    error_message = "All traffic must start on blue."
  }
  assert {
    condition     = alltrue([for group in values(aws_lb_target_group.service) : group.target_type == "ip" && group.health_check[0].path == "/healthz"])
    error_message = "Targets are task addresses with a health check."
  }
  assert {
    condition     = output.load_balancer.target_groups["api"].green.arn == aws_lb_target_group.service["api-green"].arn && output.load_balancer.target_groups["api"].listener_rule_arn == aws_lb_listener_rule.service["api"].arn
    error_message = "Releases must find both groups and the rule in the output."
  }
}

run "open_to_the_world_on_two_ports" {
  command = plan

  assert {
    condition     = { for rule in values(aws_vpc_security_group_ingress_rule.world) : rule.from_port => rule.to_port } == { "80" = 80, "443" = 443 } && length(aws_vpc_security_group_ingress_rule.cdn) == 0
    error_message = "The world may reach 443 and 80, nothing else."
  }
  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.targets)) == toset(["8000", "8001"]) && alltrue([for rule in values(aws_vpc_security_group_egress_rule.targets) : rule.cidr_ipv4 == "10.9.0.0/16"])
    error_message = "The balancer may reach its targets' ports in the network, nothing else."
  }
}

run "behind_a_cdn_only_the_cdn_gets_in" {
  command = plan
  variables {
    ingress = "cdn"
    web_acl = { arn = "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/study-blue/00000000-0000-0000-0000-000000000000" }
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.world) == 0 && aws_vpc_security_group_ingress_rule.cdn[0].prefix_list_id == "pl-0123456789abcdef0" && aws_vpc_security_group_ingress_rule.cdn[0].from_port == 443
    error_message = "Only CloudFront's addresses may connect, by HTTPS."
  }
  assert {
    condition     = aws_wafv2_web_acl_association.balancer[0].web_acl_arn == var.web_acl.arn
    error_message = "The web ACL must be attached."
  }
}

run "may_be_destroyed_where_asked" {
  command = plan
  variables { is_deletion_protected = false }

  assert {
    condition     = !aws_lb.public.enable_deletion_protection && length(aws_wafv2_web_acl_association.balancer) == 0
    error_message = "Protection and firewall are choices of the environment."
  }
}

run "refuses_what_aws_would_refuse_later" {
  command = plan
  variables {
    name                 = "internal-blue"
    network              = { vpc_id = "vpc-1", cidr = "10.9.0.0/16", public_subnet_ids = ["subnet-1"] }
    ingress              = "vpn"
    access_logs          = { bucket = "study-blue-logs", prefix = "AWSLogs/balancer" }
    not_found            = { html = format("%01025d", 0) }
    idle_timeout_seconds = 0
  }
  expect_failures = [var.name, var.network, var.ingress, var.access_logs, var.not_found, var.idle_timeout_seconds]
}

run "refuses_target_group_names_beyond_32_characters" {
  command = plan
  variables {
    target_groups = {
      notification-delivery = { port = 1, path_patterns = ["/x"], priority = 1, health = { path = "/" } }
    }
  }
  expect_failures = [var.target_groups]
}

run "refuses_six_patterns" {
  command = plan
  variables {
    not_found = { json = "{not json" }
    target_groups = {
      api = { port = 1, path_patterns = ["/1", "/2", "/3", "/4", "/5", "/6"], priority = 1, health = { path = "/" } }
    }
  }
  expect_failures = [var.target_groups, var.not_found]
}

run "refuses_a_shared_priority" {
  command = plan
  variables {
    target_groups = {
      api  = { port = 1, path_patterns = ["/1"], priority = 1, health = { path = "/" } }
      live = { port = 1, path_patterns = ["/2"], priority = 1, health = { path = "/" } }
    }
  }
  expect_failures = [var.target_groups]
}

run "refuses_health_checks_that_overlap" {
  command = plan
  variables {
    target_groups = { api = { port = 1, path_patterns = ["/"], priority = 1, health = { path = "/", interval_seconds = 5, timeout_seconds = 5 } } }
  }
  expect_failures = [var.target_groups]
}
