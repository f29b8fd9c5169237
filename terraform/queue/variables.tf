variable "name" {
  description = "Name of the queue, prefix included, such as study-blue-documents. The dead-letter queue adds -dead-letter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,68}$", var.name))
    error_message = "name must be 1 to 68 letters, digits, hyphens or underscores: SQS allows 80 and \"-dead-letter\" takes 12. Shorten the prefix or the queue's key."
  }
}

variable "kms_key_arn" {
  description = "Customer-managed KMS key that encrypts both queues. Producers need kms:GenerateDataKey and kms:Decrypt on it, consumers kms:Decrypt."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (arn:aws:kms:...:key/...), not an alias or a bare id: policies that name the key would not match."
  }
}

variable "delivery" {
  description = <<-EOT
    How messages are held and retried.
    consumer_timeout_seconds: the longest a consumer may work on one message; a message is hidden for this long plus margin_seconds.
    max_receive_count: deliveries before a message goes to the dead-letter queue.
    retention_days, dead_letter_retention_days: how long an unread message is kept. The clock starts when it is first sent and does
    not start again when it is moved, so dead letters must be kept longer.
  EOT
  type = object({
    consumer_timeout_seconds   = number
    margin_seconds             = optional(number, 60)
    max_receive_count          = optional(number, 5)
    retention_days             = optional(number, 4)
    dead_letter_retention_days = optional(number, 14)
  })
  nullable = false

  validation {
    condition     = var.delivery.consumer_timeout_seconds >= 1 && var.delivery.margin_seconds >= 0 && var.delivery.consumer_timeout_seconds + var.delivery.margin_seconds <= 43200
    error_message = "delivery.consumer_timeout_seconds plus margin_seconds must be between 1 and 43200 (12 hours, the longest SQS hides a message). Split longer work into steps, or let the consumer extend the visibility itself."
  }

  validation {
    condition     = var.delivery.max_receive_count >= 2 && var.delivery.max_receive_count <= 1000
    error_message = "delivery.max_receive_count must be from 2 to 1000: with 1, one slow or interrupted consumer sends healthy messages to the dead-letter queue."
  }

  validation {
    condition     = var.delivery.retention_days >= 1 && var.delivery.retention_days < var.delivery.dead_letter_retention_days && var.delivery.dead_letter_retention_days <= 14
    error_message = "delivery.retention_days must be at least 1 and less than dead_letter_retention_days (at most 14): a message keeps its age when it is moved, so it would expire in the dead-letter queue before anyone reads it."
  }

  validation {
    condition     = var.delivery.consumer_timeout_seconds * var.delivery.max_receive_count <= var.delivery.retention_days * 86400
    error_message = "delivery.retention_days is too short: consumer_timeout_seconds x max_receive_count exceeds it, so failing messages would expire instead of becoming dead letters. Raise retention_days or lower max_receive_count."
  }
}

variable "limits" {
  description = "What an alarm should hold the queue to. backlog_age_seconds: age of the oldest message that nobody has finished; null takes twice the visibility timeout, at least 15 minutes."
  type = object({
    backlog_age_seconds = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = coalesce(var.limits.backlog_age_seconds, 60) >= 60
    error_message = "limits.backlog_age_seconds must be at least 60: SQS reports once a minute."
  }
}
