variable "name" {
  description = "Prefix of every name, for example \"study-blue\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters of a-z, 0-9 and '-', begin with a letter and not end with '-'; for example \"study-blue\"."
  }
}

variable "log_groups" {
  description = "Names of the CloudWatch log groups to archive, by a permanent key. A group takes two subscriptions at most, and this is one."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.log_groups) > 0
    error_message = "log_groups needs at least one group, for example { api = \"/study-blue/api\" }."
  }
}

variable "bucket" {
  description = "Where the archive is kept. How long is its lifecycle's business."
  type = object({
    arn = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:s3:::[a-z0-9.-]+$", var.bucket.arn))
    error_message = "bucket.arn must be the ARN of a bucket (arn:aws:s3:::NAME), without a path: that is prefix."
  }
}

variable "prefix" {
  description = "Folder in the bucket, with its slash at the end. Below it: <year>/<month>/<day>/."
  type        = string
  default     = "archive/"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*/$", var.prefix))
    error_message = "prefix must be one or more folder names, each with a slash after it, for example \"archive/\"."
  }
}

variable "kms_key_arn" {
  description = "Customer-managed key that encrypts the stream, its objects in the bucket and its own error log."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), not an alias or a bare id."
  }
}

variable "buffer" {
  description = "How much is gathered before an object is written: what comes first. Small objects cost more to keep and to read."
  type = object({
    mib     = optional(number, 64)
    seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.buffer.mib >= 1 && var.buffer.mib <= 128 && var.buffer.seconds >= 60 && var.buffer.seconds <= 900
    error_message = "buffer.mib must be 1 to 128 and buffer.seconds 60 to 900."
  }
}

variable "permissions_boundary_arn" {
  description = "What the roles made here may do at most, whatever they are granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
