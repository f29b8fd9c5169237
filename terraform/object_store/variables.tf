variable "name" {
  description = "Name of the bucket. Unique in all of AWS, so end it with the account id."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 63 characters: lower-case letters, digits and hyphens, no hyphen first or last. Dots are refused because TLS to a bucket with dots in its name fails."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the objects, with a bucket key. Null only for a bucket that receives load balancer or S3 access logs: both services write to SSE-S3 buckets alone."
  type        = string
  default     = null

  validation {
    condition     = (var.kms_key_arn == null) == local.needs_s3_managed_key
    error_message = "Set kms_key_arn, unless receives has load_balancer_logs or access_logs: then leave it null, because AWS silently delivers no such logs to a bucket that is encrypted with KMS."
  }
}

variable "lifecycle_rules" {
  description = "Age in days at which objects move to a cheaper class or go. Null: never."
  type = object({
    infrequent_access_after_days = optional(number)
    glacier_after_days           = optional(number)
    expire_after_days            = optional(number)
    noncurrent_expire_after_days = optional(number, 90)
    abort_upload_after_days      = optional(number, 7)
  })
  default  = {}
  nullable = false

  # A comparison with an age that is null is an error, and so no objection.
  validation {
    condition     = try(var.lifecycle_rules.infrequent_access_after_days >= 30, true)
    error_message = "lifecycle_rules.infrequent_access_after_days must be at least 30: S3 refuses to move younger objects to STANDARD_IA."
  }

  validation {
    condition     = try(var.lifecycle_rules.glacier_after_days - var.lifecycle_rules.infrequent_access_after_days >= 30, true)
    error_message = "lifecycle_rules.glacier_after_days must be at least 30 more than infrequent_access_after_days: STANDARD_IA is billed for 30 days, and S3 refuses a shorter stay."
  }

  validation {
    condition = alltrue([
      for age in [var.lifecycle_rules.infrequent_access_after_days, var.lifecycle_rules.glacier_after_days] :
      try(age < var.lifecycle_rules.expire_after_days, true)
    ])
    error_message = "lifecycle_rules.expire_after_days must come after the ages at which objects move, or they go before they ever do: raise it or drop the tier."
  }

  validation {
    condition     = alltrue([for age in values(var.lifecycle_rules) : try(age >= 1 && floor(age) == age, age == null)])
    error_message = "Every age in lifecycle_rules is a whole number of days, 1 or more. Leave out a step that is not wanted."
  }
}

variable "access_logs" {
  description = "Bucket that receives this bucket's access logs (one whose `receives` has access_logs), under <prefix>/<name>/. Null: none, which only suits the log bucket itself and replicas."
  type = object({
    bucket = string
    prefix = optional(string, "access")
  })
  default = null
}

variable "receives" {
  description = "Logs that AWS services deliver here: load_balancer_logs, access_logs (of other buckets), cdn_logs, firehose. Each gets a prefix of its own, see the output log_destination."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.receives, ["load_balancer_logs", "access_logs", "cdn_logs", "firehose"])) == 0
    error_message = "receives knows load_balancer_logs, access_logs, cdn_logs and firehose."
  }
}

variable "policy_documents" {
  description = "JSON policies whose statements join the bucket policy, such as the one that lets a CDN read. What grants to another account is overruled by the module's own denial."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "replication" {
  description = "Bucket in another region that receives a copy of every object, delete markers included. Make it with this same module under that region's provider. has_time_control: AWS answers for 99.99% within 15 minutes and measures it, at a price by GB."
  type = object({
    bucket_arn       = string
    kms_key_arn      = string
    has_time_control = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.replication == null || length(var.name) <= 52
    error_message = "With replication, name may have at most 52 characters: the role is called <name>-replication and IAM allows 64."
  }
}

variable "can_be_emptied" {
  description = "Whether destroying the bucket also deletes every object and version in it. Keep false where the data matters: AWS then refuses to delete a bucket that is not empty."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "What the replication role may do at most, whatever it is granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
