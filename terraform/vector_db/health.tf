locals {
  metric_namespace = "VectorDatabase"
  alarm_actions    = var.alarm_topic[*].arn
}

# Missing data is an alarm: a node that does not report is down or on its way up.
resource "aws_cloudwatch_metric_alarm" "not_ready" {
  alarm_name          = "${local.identifier}-not-ready"
  alarm_description   = "Qdrant has not served for five minutes. The node replaces itself after fifteen; look at its console output and its journal (Session Manager)."
  namespace           = local.metric_namespace
  metric_name         = "Ready"
  dimensions          = { AutoScalingGroupName = aws_autoscaling_group.node.name }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "volume_filling" {
  alarm_name          = "${local.identifier}-volume-filling"
  alarm_description   = "The data volume is over 80 % full. Raise volume.size_gib and restart qdrant.service: the file system grows at the start."
  namespace           = local.metric_namespace
  metric_name         = "DataVolumeUsed"
  dimensions          = { AutoScalingGroupName = aws_autoscaling_group.node.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "missing"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}
