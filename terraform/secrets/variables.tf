variable "name" {
  description = "Prefix of every name, for example \"study-blue\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters of a-z, 0-9 and '-', begin with a letter and not end with '-'; for example \"study-blue\"."
  }
}

variable "kms_key_arn" {
  description = "Customer-managed key that encrypts every secret."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), not an alias or a bare id."
  }
}

variable "secrets" {
  description = <<-EOT
    Secrets by what they are for ("qdrant_api_key" becomes NAME/qdrant-api-key).
    `generated_length`: a random value of that many letters and digits is written, and never seen by plan or state;
    without it the secret stays empty until somebody puts a value that comes from outside.
    `generation`: count it up to write a new random value.
    `rotation`: the function that exchanges the value from then on, and how often.
    `recovery_window_days`: how long a deleted secret can be restored; 0 deletes at once, for throw-away environments.
  EOT
  type = map(object({
    description          = string
    generated_length     = optional(number)
    generation           = optional(number, 1)
    recovery_window_days = optional(number, 30)
    rotation = optional(object({
      function_arn = string
      every_days   = optional(number, 30)
    }))
  }))
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.secrets) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "secrets are keyed in a-z, 0-9 and '_', for example \"qdrant_api_key\"."
  }

  validation {
    condition     = alltrue([for secret in values(var.secrets) : secret.generated_length == null ? true : secret.generated_length >= 24 && secret.generated_length <= 4096])
    error_message = "generated_length must be 24 to 4096: 24 letters and digits are 142 bits, below that guessing gets cheap. Leave it out for a value that comes from outside."
  }

  validation {
    condition     = alltrue([for secret in values(var.secrets) : secret.generation >= 1 && floor(secret.generation) == secret.generation])
    error_message = "generation must be a whole number from 1 upwards. Count it up to write a new random value."
  }

  validation {
    condition     = alltrue([for secret in values(var.secrets) : secret.recovery_window_days == 0 || (secret.recovery_window_days >= 7 && secret.recovery_window_days <= 30)])
    error_message = "recovery_window_days must be 7 to 30, or 0 where losing the secret with its environment is meant."
  }

  validation {
    condition     = alltrue([for secret in values(var.secrets) : secret.rotation == null ? true : secret.rotation.every_days >= 1 && secret.rotation.every_days <= 90])
    error_message = "rotation.every_days must be 1 to 90."
  }
}
