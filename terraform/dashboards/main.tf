data "aws_region" "current" {}

locals {
  columns = 2
  width   = 24 / local.columns # CloudWatch's grid has 24 columns
  height  = 6

  # Of what is measured a few times a day, the three hours that a dashboard shows by itself may hold no value at all.
  hour_seconds = 3600
  long_range   = { start = "-P14D", end = "P0D" }

  # Colours of the console's own palette.
  colours = { critical = "#d62728", warning = "#ff7f0e", objective = "#1f77b4" }

  # What CloudWatch calls one metric: an array of namespace, name, dimensions by turns, and how it is drawn. What a formula
  # or a rate is made of is not drawn itself.
  series = {
    for key, dashboard in var.dashboards : key => [
      for panel in dashboard.panels : concat(
        panel.formula == null ? [] : [[{ id = "result", expression = panel.formula, label = panel.unit }]],
        [for number, metric in panel.metrics : [{ id = "rate${number}", expression = "m${number} / PERIOD(m${number})", label = metric.label }] if panel.is_rate],
        [
          for number, metric in panel.metrics : concat(
            [metric.namespace, metric.name],
            flatten([for name, value in metric.dimensions : [name, value]]),
            [merge(
              { id = coalesce(metric.id, "m${number}"), label = metric.label, stat = metric.statistic, period = panel.period_seconds },
              panel.formula == null && !panel.is_rate ? {} : { visible = false },
              panel.region == null ? {} : { region = panel.region },
            )],
          )
        ],
      )
    ]
  }

  bodies = {
    for key, dashboard in var.dashboards : key => {
      widgets = [
        for place, panel in dashboard.panels : {
          type   = length(panel.alarm_arns) > 0 ? "alarm" : "metric"
          x      = place % local.columns * local.width
          y      = floor(place / local.columns) * local.height
          width  = local.width
          height = local.height
          properties = length(panel.alarm_arns) > 0 ? jsonencode({
            title  = panel.title
            alarms = panel.alarm_arns
            sortBy = "stateUpdatedTimestamp"
            }) : jsonencode(merge({
              title   = panel.title
              region  = coalesce(panel.region, data.aws_region.current.name)
              view    = "timeSeries"
              stacked = false
              period  = panel.period_seconds
              metrics = local.series[key][place]
              yAxis   = { left = { min = 0, label = panel.unit, showUnits = false } }
              annotations = {
                horizontal = [for line in panel.lines : { label = line.label, value = line.value, color = local.colours[line.kind] }]
              }
          }, panel.period_seconds > local.hour_seconds ? local.long_range : {}))
        }
      ]
    }
  }
}

resource "aws_cloudwatch_dashboard" "main" {
  for_each = var.dashboards

  dashboard_name = "${var.name}-${each.key}"
  # Widgets of both kinds have properties of different types, which only text can hold side by side.
  dashboard_body = jsonencode({ widgets = [for widget in local.bodies[each.key].widgets : merge(widget, { properties = jsondecode(widget.properties) })] })
}
