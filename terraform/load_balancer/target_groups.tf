locals {
  colours = ["blue", "green"]

  # One entry a service and colour: "api-blue", "api-green".
  target_groups = merge([
    for key, group in var.target_groups : {
      for colour in local.colours : "${key}-${colour}" => merge(group, {
        name = replace("${var.name}-${key}-${colour}", "_", "-")
      })
    }
  ]...)
}

resource "aws_lb_target_group" "service" {
  #checkov:skip=CKV_AWS_378:TLS ends at the balancer; targets sit in private subnets and accept the balancer's group only
  for_each = local.target_groups

  name        = each.value.name
  vpc_id      = var.network.vpc_id
  target_type = "ip" # tasks have network interfaces of their own
  protocol    = each.value.protocol
  port        = each.value.port

  deregistration_delay = each.value.deregistration_delay_seconds

  # A task that just started answers slower; round robin would queue behind it.
  load_balancing_algorithm_type = "least_outstanding_requests"

  health_check {
    protocol            = each.value.protocol
    path                = each.value.health.path
    matcher             = each.value.health.status_codes
    interval            = each.value.health.interval_seconds
    timeout             = each.value.health.timeout_seconds
    healthy_threshold   = each.value.health.healthy_threshold
    unhealthy_threshold = each.value.health.unhealthy_threshold
  }
}

# A target group cannot be replaced while a rule forwards to it, and the rule
# ignores its action: this makes the rule go with its target groups.
resource "terraform_data" "target_groups" {
  for_each = var.target_groups

  input = [for colour in local.colours : aws_lb_target_group.service["${each.key}-${colour}"].arn]
}

resource "aws_lb_listener_rule" "service" {
  for_each = var.target_groups

  listener_arn = aws_lb_listener.https.arn
  priority     = each.value.priority

  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.service["${each.key}-blue"].arn
        weight = 100
      }

      target_group {
        arn    = aws_lb_target_group.service["${each.key}-green"].arn
        weight = 0
      }
    }
  }

  condition {
    path_pattern {
      values = each.value.path_patterns
    }
  }

  lifecycle {
    # Terraform creates the rule with all traffic on blue; releases own the
    # weights afterwards. A plan must never move traffic.
    ignore_changes       = [action]
    replace_triggered_by = [terraform_data.target_groups[each.key]]
  }
}
