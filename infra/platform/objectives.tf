# The error budget of each service that has an objective: told when a long and a short window burn it too fast.
# A burn of 1 uses the budget up exactly at the end of the objective's window.
locals {
  burn_windows = merge([
    for service, objective in local.has_full_alarms ? local.objectives : {} : merge([
      for name, alert in local.burn_alerts : {
        for window in ["long", "short"] : "${service}-${name}-${window}" => {
          service = service
          name    = name
          seconds = 60 * alert["${window}_minutes"]
          percent = (100 - objective.availability_percent) * alert.budget_percent / 100 * objective.window_days * 1440 / alert.long_minutes
        }
      }
    ]...)
  ]...)

  burn_alarms = {
    for key, window in local.burn_windows : key => {
      severity           = "none" # the composite tells
      description        = "Requests to ${window.service} fail at a rate that ${window.name} does not allow over ${window.seconds / 60} minutes."
      comparison         = "GreaterThanThreshold"
      threshold          = window.percent
      period_seconds     = min(window.seconds, 86400) # CloudWatch's longest period
      evaluation_periods = max(1, window.seconds / 86400)
      missing_data       = "notBreaching"

      metric = null
      expression = {
        formula = "100 * SUM([errors_blue, errors_green]) / SUM([requests_blue, requests_green])"
        label   = "percent"
        metrics = {
          for pair in setproduct(["requests", "errors"], ["blue", "green"]) : "${pair[0]}_${pair[1]}" => {
            namespace = "AWS/ApplicationELB"
            name      = { requests = "RequestCount", errors = "HTTPCode_Target_5XX_Count" }[pair[0]]
            statistic = "Sum"
            dimensions = {
              LoadBalancer = module.load_balancer.load_balancer.arn_suffix
              TargetGroup  = module.load_balancer.load_balancer.target_groups[window.service][pair[1]].arn_suffix
            }
          }
        }
      }
    }
  }

  burn_composites = {
    for pair in setproduct(local.has_full_alarms ? keys(local.objectives) : [], keys(local.burn_alerts)) : "${pair[0]}-${pair[1]}" => {
      description = "The error budget of ${pair[0]} burns too fast. What to do: monitoring/runbooks/${pair[1]}.md"
      severity    = local.burn_alerts[pair[1]].severity
      of          = toset(["${pair[0]}-${pair[1]}-long", "${pair[0]}-${pair[1]}-short"])
      needs_all   = true
    }
  }
}
