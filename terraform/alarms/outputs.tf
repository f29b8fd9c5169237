output "alarms" {
  description = "Topics by severity, and alarms (composites too) by key. The topics are known once their policies admit the publishers."
  value = {
    topic_arns = { for severity in local.topics : severity => aws_sns_topic_policy.main[severity].arn }
    alarm_arns = merge(
      { for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.arn },
      { for key, alarm in aws_cloudwatch_composite_alarm.main : key => alarm.arn },
    )
    alarm_names = merge(
      { for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.alarm_name },
      { for key, alarm in aws_cloudwatch_composite_alarm.main : key => alarm.alarm_name },
    )
  }
}
