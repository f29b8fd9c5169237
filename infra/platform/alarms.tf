# What is watched is data: monitoring/*.yaml, from which the Prometheus rules come as well. Here each row meets what this environment has.
locals {
  alerts      = { for alert in yamldecode(file("${path.module}/../../monitoring/alerts.yaml")).alerts : alert.name => alert }
  composites  = { for composite in yamldecode(file("${path.module}/../../monitoring/composites.yaml")).composites : composite.name => composite }
  objectives  = { for objective in yamldecode(file("${path.module}/../../monitoring/objectives.yaml")).objectives : objective.service => objective }
  burn_alerts = { for alert in yamldecode(file("${path.module}/../../monitoring/burn_alerts.yaml")).burn_alerts : alert.name => alert }

  # Basic: what means that the platform does not work. Full adds what will soon mean that.
  watched = { for name, alert in local.alerts : name => alert if can(alert.cloudwatch) && (alert.level == "basic" || local.has_full_alarms) }

  # Keys are permanent: they are part of addresses and of names.
  alarm_rows = merge([
    for name, alert in local.watched : {
      for thing, about in local.watched_things[alert.cloudwatch.each] :
      (thing == "" ? name : "${thing}-${name}") => { alert = alert, about = about }
    }
  ]...)

  composed = toset(flatten([for composite in local.composites : composite.any_of]))

  alarms = {
    for key, row in local.alarm_rows : key => {
      severity           = contains(local.composed, row.alert.name) ? "none" : row.alert.severity
      description        = "${row.alert.summary} What to do: monitoring/runbooks/${row.alert.name}.md"
      comparison         = can(row.alert.above) ? "GreaterThanThreshold" : "LessThanThreshold"
      threshold          = try(tonumber(try(row.alert.above, row.alert.below)), row.about.says[try(row.alert.above, row.alert.below)])
      period_seconds     = row.alert.window.period_seconds
      evaluation_periods = row.alert.window.periods
      missing_data       = { missing = "missing", breaching = "breaching", not_breaching = "notBreaching" }[row.alert.missing]

      metric = can(row.alert.cloudwatch.metric) ? merge(row.alert.cloudwatch.metric, { dimensions = merge(row.about.dimensions, try(row.alert.cloudwatch.metric.dimensions, {})) }) : null
      expression = can(row.alert.cloudwatch.formula) ? {
        formula = row.alert.cloudwatch.formula
        label   = row.alert.unit
        metrics = { for id, metric in row.alert.cloudwatch.metrics : id => merge(metric, { dimensions = merge(row.about.dimensions, try(metric.dimensions, {})) }) }
      } : null
    }
  }

  composite_alarms = {
    for name, composite in local.composites : name => {
      description = "${composite.summary} What to do: monitoring/runbooks/${name}.md"
      severity    = composite.severity
      of          = toset([for key, row in local.alarm_rows : key if contains(composite.any_of, row.alert.name)])
    } if length(setintersection(composite.any_of, keys(local.watched))) > 0
  }
}

module "alarms" {
  source = "../../terraform/alarms"

  name              = local.name
  kms_key_arn       = module.encryption.keys["messages"].arn
  has_on_call_topic = var.alarms.has_on_call_topic
  emails            = { critical = var.alarms.emails, warning = var.alarms.emails }
  publishers        = concat(["cloudwatch", "budgets", "cost_anomalies", "rds", "backup", "events"], local.has_prometheus ? ["prometheus"] : [])
  alarms            = merge(local.alarms, local.burn_alarms)
  composites        = merge(local.composite_alarms, local.burn_composites)
}
