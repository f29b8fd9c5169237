locals {
  topics = toset(concat(["critical", "warning"], var.has_on_call_topic ? ["on_call"] : []))

  # What is critical pages as well, where somebody is on call.
  topics_of = {
    critical = var.has_on_call_topic ? ["critical", "on_call"] : ["critical"]
    warning  = ["warning"]
    none     = []
  }

  actions_of = {
    for severity, topics in local.topics_of : severity => [for topic in topics : aws_sns_topic.main[topic].arn]
  }

  # CloudWatch takes all others, p99 and its like, as extended statistics.
  plain_statistics = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]

}

resource "aws_cloudwatch_metric_alarm" "main" {
  #checkov:skip=CKV_AWS_319:actions are on for every severity; an alarm of severity none only feeds a composite, whose actions are on
  for_each = var.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description

  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = coalesce(each.value.periods_to_alarm, each.value.evaluation_periods)
  treat_missing_data  = each.value.missing_data

  actions_enabled = true
  alarm_actions   = local.actions_of[each.value.severity]
  ok_actions      = local.actions_of[each.value.severity]

  namespace   = try(each.value.metric.namespace, null)
  metric_name = try(each.value.metric.name, null)
  dimensions  = try(each.value.metric.dimensions, null)
  unit        = try(each.value.metric.unit, null)
  period      = each.value.metric == null ? null : each.value.period_seconds

  statistic          = try(contains(local.plain_statistics, each.value.metric.statistic) ? each.value.metric.statistic : null, null)
  extended_statistic = try(contains(local.plain_statistics, each.value.metric.statistic) ? null : each.value.metric.statistic, null)

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]

    content {
      id          = "result"
      expression  = metric_query.value.formula
      label       = metric_query.value.label
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = try(each.value.expression.metrics, {})

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.statistic
        period      = each.value.period_seconds
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "main" {
  for_each = var.composites

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description
  alarm_rule        = join(each.value.needs_all ? " AND " : " OR ", [for key in sort(each.value.of) : "ALARM(\"${aws_cloudwatch_metric_alarm.main[key].alarm_name}\")"])

  actions_enabled = true
  alarm_actions   = local.actions_of[each.value.severity]
  ok_actions      = local.actions_of[each.value.severity]
}
