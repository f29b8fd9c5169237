variable "source_instance_arn" {
  description = "The instance in the other region whose automated backups are copied here. It needs automated backups of its own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:rds:[^:]+:[0-9]{12}:db:", var.source_instance_arn))
    error_message = "source_instance_arn is the ARN of a database instance (arn:aws:rds:REGION:ACCOUNT:db:NAME); clusters have other means."
  }
}

variable "kms_key_arn" {
  description = "KMS key of this region that encrypts the copies."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:", var.kms_key_arn)) && try(split(":", var.kms_key_arn)[3] != split(":", var.source_instance_arn)[3], true)
    error_message = "kms_key_arn is the ARN of a key in the region of the copies, which is not the region of source_instance_arn."
  }
}

variable "retention_days" {
  description = "How far back a restore may go. Longer than the instance itself keeps backups is of no use at once, but after its loss."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 35
    error_message = "retention_days must be 1 to 35, as RDS allows."
  }
}
