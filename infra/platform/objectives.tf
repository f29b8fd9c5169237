# The error budget of each promise to users: told when a long and a short window burn it too fast.
# A burn of 1 uses the budget up exactly at the end of the objective's window.
locals {
  burns = merge([
    for service, objective in local.has_full_alarms ? local.objectives : {} : {
      for name, alert in local.burn_alerts : "${service}-${name}" => {
        service   = service
        objective = objective
        alert     = alert
        # The share of requests, in percent, that breaks the promise beyond which the budget burns that fast.
        percent = local.budgets_percent[service][alert.promise] * alert.budget_percent / 100 * objective.window_days * 1440 / alert.long_minutes
      }
    }
  ]...)

  # p95 leaves one request in twenty.
  budgets_percent = { for service, objective in local.objectives : service => { availability = 100 - objective.availability_percent, latency = 5 } }

  burn_windows = merge([
    for key, burn in local.burns : {
      for window in ["long", "short"] : "${key}-${window}" => merge(burn, {
        seconds = 60 * burn.alert["${window}_minutes"]
        # In the long window fewer are chance, not a burn; the short one only says that it goes on.
        least = window == "long" ? burn.alert.least_broken : 1
      })
    }
  ]...)

  # Blue and green count together, so it does not matter which serves. More than x % of all requests are slow exactly
  # when the (100 - x)th percentile is. How many are is no metric; beyond the threshold they are x % of all at least.
  burn_expressions = {
    for key, burn in local.burn_windows : key => {
      availability = {
        formula = "IF(SUM([errors_blue, errors_green]) >= ${burn.least}, 100 * SUM([errors_blue, errors_green]) / SUM([requests_blue, requests_green]), 0)"
        label   = "percent"
        metrics = {
          requests = { name = "RequestCount", statistic = "Sum" }
          errors   = { name = "HTTPCode_Target_5XX_Count", statistic = "Sum" }
        }
      }
      latency = {
        formula = "IF(SUM([requests_blue, requests_green]) >= ${ceil(100 * burn.least / burn.percent)}, MAX([slow_blue, slow_green]), 0)"
        label   = "seconds"
        metrics = {
          requests = { name = "RequestCount", statistic = "Sum" }
          slow     = { name = "TargetResponseTime", statistic = "p${100 - burn.percent}" }
        }
      }
    }[burn.alert.promise]
  }

  burn_alarms = {
    for key, window in local.burn_windows : key => {
      severity           = "none" # the composite tells
      description        = "Requests to ${window.service} ${window.alert.promise == "latency" ? "are slow" : "fail"} at a rate that ${window.alert.name} does not allow over ${window.seconds / 60} minutes."
      comparison         = "GreaterThanThreshold"
      threshold          = window.alert.promise == "latency" ? window.objective.p95_seconds : window.percent
      period_seconds     = min(window.seconds, 86400) # CloudWatch's longest period
      evaluation_periods = max(1, window.seconds / 86400)
      missing_data       = "notBreaching"

      metric = null
      expression = {
        formula = local.burn_expressions[key].formula
        label   = local.burn_expressions[key].label
        metrics = merge([
          for id, metric in local.burn_expressions[key].metrics : {
            for colour in ["blue", "green"] : "${id}_${colour}" => {
              namespace = "AWS/ApplicationELB"
              name      = metric.name
              statistic = metric.statistic
              dimensions = {
                LoadBalancer = module.load_balancer.load_balancer.arn_suffix
                TargetGroup  = module.load_balancer.load_balancer.target_groups[window.service][colour].arn_suffix
              }
            }
          }
        ]...)
      }
    }
  }

  burn_composites = {
    for key, burn in local.burns : key => {
      description = "The ${burn.alert.promise} budget of ${burn.service} burns too fast. What to do: monitoring/runbooks/${burn.alert.name}.md"
      severity    = burn.alert.severity
      of          = toset(["${key}-long", "${key}-short"])
      needs_all   = true
    }
  }
}
