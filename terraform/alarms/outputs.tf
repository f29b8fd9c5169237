# Apart from the alarms, which may watch the very things that publish here.
output "topic_arns" {
  description = "Topics by severity: critical, warning and, where wanted, on_call. Known once their policies admit the publishers."
  value       = { for severity in local.topics : severity => aws_sns_topic_policy.main[severity].arn }
}

output "alarms" {
  description = "Alarms, composites too, by key."
  value = {
    arns = merge(
      { for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.arn },
      { for key, alarm in aws_cloudwatch_composite_alarm.main : key => alarm.arn },
    )
    names = merge(
      { for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.alarm_name },
      { for key, alarm in aws_cloudwatch_composite_alarm.main : key => alarm.alarm_name },
    )
  }
}
