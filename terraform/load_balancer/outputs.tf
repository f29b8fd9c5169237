output "load_balancer" {
  description = "Where requests arrive, and for each service the two target groups and the rule whose weights releases move. Reading it waits for the rules: ECS refuses a target group that no listener uses."
  value = {
    arn                = aws_lb.public.arn
    arn_suffix         = aws_lb.public.arn_suffix
    name               = aws_lb.public.name
    dns_name           = aws_lb.public.dns_name
    zone_id            = aws_lb.public.zone_id
    security_group_id  = aws_security_group.balancer.id
    https_listener_arn = aws_lb_listener.https.arn

    target_groups = {
      for key, group in var.target_groups : key => merge(
        {
          for colour in local.colours : colour => {
            name       = aws_lb_target_group.service["${key}-${colour}"].name
            arn        = aws_lb_target_group.service["${key}-${colour}"].arn
            arn_suffix = aws_lb_target_group.service["${key}-${colour}"].arn_suffix
          }
        },
        {
          port              = group.port
          listener_rule_arn = aws_lb_listener_rule.service[key].arn
        },
      )
    }
  }
}
