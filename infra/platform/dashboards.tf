# What is looked at is data: monitoring/dashboards.yaml, from which Grafana's dashboards come as well. A panel of alerts draws what
# the first of them measures, with a line where each begins; what CloudWatch does not measure has no panel here.
locals {
  dashboards = {
    for dashboard in yamldecode(file("${path.module}/../../monitoring/dashboards.yaml")).dashboards : dashboard.name => dashboard
    if dashboard.level == "basic" || local.has_full_alarms
  }

  # Alarms that tell somebody; parts of a composite are left to it.
  telling_alarm_keys = concat(
    [for key, alarm in merge(local.alarms, local.burn_alarms) : key if alarm.severity != "none"],
    keys(local.composite_alarms), keys(local.burn_composites),
  )

  panels = {
    for name, dashboard in local.dashboards : name => [
      for panel in dashboard.panels : {
        title          = panel.title
        source         = try(local.alerts[panel.alerts[0]].cloudwatch, panel.cloudwatch, null)
        unit           = try(local.alerts[panel.alerts[0]].unit, panel.unit, null)
        period_seconds = try(local.alerts[panel.alerts[0]].window.period_seconds, panel.cloudwatch.period_seconds, 60)
        rings          = try(panel.shows_what_rings, false)
        lines = concat(
          flatten([
            for alert in try(panel.alerts, []) : [
              for limit in local.alert_limits[alert] : { label = "${local.alerts[alert].severity}: ${alert}", value = limit, kind = local.alerts[alert].severity }
            ] if can(local.watched[alert])
          ]),
          can(panel.objective) ? [for limit in distinct([for objective in values(local.objectives) : objective[panel.objective]]) : { label = "promised", value = limit, kind = "objective" }] : [],
        )
      }
    ]
  }

  # Where the limit is what each thing says of itself, there may be several.
  alert_limits = {
    for name, alert in local.watched : name => distinct([
      for about in values(local.watched_things[alert.cloudwatch.each]) : try(tonumber(try(alert.above, alert.below)), about.says[try(alert.above, alert.below)])
    ])
  }
}

module "dashboards" {
  source = "../../terraform/dashboards"

  name = local.name
  dashboards = {
    for name, panels in local.panels : name => {
      panels = [
        for panel in panels : {
          title          = panel.title
          unit           = panel.unit
          period_seconds = panel.period_seconds
          is_rate        = try(panel.source.is_rate, false)
          region         = try(one(values(local.watched_things[panel.source.each])).region, null)
          formula        = try(panel.source.formula, null)
          alarm_arns     = [for key in local.telling_alarm_keys : module.alarms.alarms.arns[key] if panel.rings]
          lines          = panel.lines
          metrics = flatten([
            for thing, about in try(local.watched_things[panel.source.each], {}) : [
              for id, metric in try(panel.source.metrics, { value = panel.source.metric }) : merge(metric, {
                id                                                = can(panel.source.formula) ? id : null
                label                                             = coalesce(join(" ", compact([thing, length(try(panel.source.metrics, {})) > 1 ? id : ""])), panel.title)
                dimensions                                        = merge(about.dimensions, try(metric.dimensions, {}))
              })
            ]
          ])
        } if panel.rings || length(try(local.watched_things[panel.source.each], {})) > 0
      ]
    }
  }
}
