locals {
  # Definitions in the form the alarms module takes. Names come from the input,
  # so everything here is known when planning.
  alarms = {
    backlog_age = {
      description = "Messages in ${local.names.main} wait too long: consumers are down, too few, or stuck on one message."
      metric = {
        namespace  = "AWS/SQS"
        name       = "ApproximateAgeOfOldestMessage"
        dimensions = { QueueName = local.names.main }
        statistic  = "Maximum"
      }
      comparison         = "GreaterThanThreshold"
      threshold          = coalesce(var.thresholds.backlog_age_seconds, max(900, 2 * local.visibility_timeout_seconds))
      period_seconds     = 60
      evaluation_periods = 5
      missing_data       = "notBreaching" # SQS stops reporting a queue that nobody has used for six hours
      severity           = "warning"
    }

    dead_letters = {
      description = "Messages of ${local.names.main} failed ${var.delivery.max_receive_count} times and lie in ${local.names.dead_letter}; they expire ${var.delivery.dead_letter_retention_days} days after they were first sent."
      metric = {
        namespace  = "AWS/SQS"
        name       = "ApproximateNumberOfMessagesVisible"
        dimensions = { QueueName = local.names.dead_letter }
        statistic  = "Maximum"
      }
      comparison         = "GreaterThanThreshold"
      threshold          = var.thresholds.dead_letters
      period_seconds     = 60
      evaluation_periods = 1
      missing_data       = "notBreaching"
      severity           = "critical"
    }
  }
}
