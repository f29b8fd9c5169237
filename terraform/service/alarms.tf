locals {
  # What the circuit breaker cannot see: tasks that start and stay up, but serve
  # errors or fill their memory. Blue and green count together, so the alarms
  # hold whichever serves.
  balancer_alarms = var.load_balancer == null ? {} : {
    errors = {
      description = "${var.rollout.error_percent}% or more of the requests to ${var.name} end in a server error"
      metric      = { requests = "RequestCount", errors = "HTTPCode_Target_5XX_Count" }
      statistic   = "Sum"
      expression  = "IF(SUM([requests_blue, requests_green]) >= 20, 100 * SUM([errors_blue, errors_green]) / SUM([requests_blue, requests_green]), 0)"
      threshold   = var.rollout.error_percent
    }

    unhealthy = {
      description = "Tasks of ${var.name} fail the load balancer's health check"
      metric      = { hosts = "UnHealthyHostCount" }
      statistic   = "Maximum"
      expression  = "SUM([hosts_blue, hosts_green])"
      threshold   = 1
    }
  }

  rollback_alarm_names = sort(concat(
    [aws_cloudwatch_metric_alarm.memory.alarm_name],
    values(aws_cloudwatch_metric_alarm.balancer)[*].alarm_name,
    tolist(var.rollout.alarm_names),
  ))
}

resource "aws_cloudwatch_metric_alarm" "balancer" {
  for_each = local.balancer_alarms

  alarm_name          = "${var.name}-rollback-${each.key}"
  alarm_description   = "${each.value.description}; a release in progress is turned back."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching" # no requests, no errors

  metric_query {
    id          = "result"
    label       = each.value.description
    expression  = each.value.expression
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      for pair in setproduct(keys(each.value.metric), ["blue", "green"]) :
      "${pair[0]}_${pair[1]}" => { metric_name = each.value.metric[pair[0]], colour = pair[1] }
    }

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value.metric_name
        stat        = each.value.statistic
        period      = 60

        dimensions = {
          LoadBalancer = var.load_balancer.arn_suffix
          TargetGroup  = var.load_balancer.target_group[metric_query.value.colour].arn_suffix
        }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "memory" {
  alarm_name          = "${var.name}-rollback-memory"
  alarm_description   = "A task of ${var.name} has used ${var.rollout.memory_percent}% of its memory and is about to be killed; a release in progress is turned back."
  namespace           = "AWS/ECS"
  metric_name         = "MemoryUtilization"
  dimensions          = local.service_dimensions
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.rollout.memory_percent
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
}
