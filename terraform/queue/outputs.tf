output "queue" {
  description = "The queue, its dead-letter queue, and what an alarm should hold it to: limits.backlog_age_seconds is how old the oldest message may become."
  value = {
    name                       = aws_sqs_queue.main.name
    arn                        = aws_sqs_queue.main.arn
    url                        = aws_sqs_queue.main.url
    kms_key_arn                = var.kms_key_arn
    visibility_timeout_seconds = local.visibility_timeout_seconds

    dead_letter = {
      name = aws_sqs_queue.dead_letter.name
      arn  = aws_sqs_queue.dead_letter.arn
      url  = aws_sqs_queue.dead_letter.url
    }

    limits = { backlog_age_seconds = coalesce(var.limits.backlog_age_seconds, max(900, 2 * local.visibility_timeout_seconds)) }
  }
}
