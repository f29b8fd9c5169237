output "queue" {
  description = "The queue, its dead-letter queue, and the alarms worth having on them (definitions: the alarms module makes them, so that topics and severities are decided in one place)."
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

    alarms = local.alarms
  }
}
