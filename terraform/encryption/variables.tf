variable "name" {
  description = "Prefix of every alias, for example \"study-blue\": the key of class \"data\" becomes alias/study-blue-data."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters of a-z, 0-9 and '-', begin with a letter and not end with '-'; for example \"study-blue\"."
  }
}

variable "keys" {
  description = <<-EOT
    One key per class of data. `used_by` names the AWS services that call KMS as themselves, not as the caller:
    only these need a statement of their own (services.tf lists what each is for). RDS, ElastiCache, EBS, S3, SQS,
    Secrets Manager and ECR act for the caller, whose IAM policy decides, so they are not named here.
  EOT
  type = map(object({
    description          = string
    used_by              = optional(set(string), [])
    deletion_window_days = optional(number, 30)
  }))
  nullable = false

  validation {
    condition     = length(var.keys) > 0 && alltrue([for class in keys(var.keys) : can(regex("^[a-z][a-z0-9_]*$", class))])
    error_message = "keys needs at least one class, named in a-z, 0-9 and '_', for example \"data\"."
  }

  validation {
    condition     = alltrue([for key in values(var.keys) : length(setsubtract(key.used_by, keys(local.services))) == 0])
    error_message = "used_by may hold only: ${join(", ", keys(local.services))}. A service that acts for its caller (rds, elasticache, s3 encryption, sqs, secretsmanager, ...) is left out: the caller's IAM policy decides."
  }

  validation {
    condition     = alltrue([for key in values(var.keys) : key.deletion_window_days >= 7 && key.deletion_window_days <= 30])
    error_message = "deletion_window_days must be 7 to 30: the days in which a scheduled deletion can still be cancelled. Keep 30 unless the data is worthless."
  }
}
