variable "name" {
  description = "Prefix of the vault's name, for example \"study-prod\". The vault is called <name>-backups."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{1,41}$", var.name))
    error_message = "name must be 2 to 42 letters, digits, hyphens or underscores: AWS Backup allows 50 for the vault and \"-backups\" takes 8."
  }
}

variable "kms_key_arn" {
  description = "Customer managed key, in the vault's own region, that encrypts the recovery points."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:...), not an alias name or a key id."
  }
}

variable "lock" {
  description = "Vault lock, null for none. Without changeable_for_days it is a governance lock (the right IAM permission lifts it); with it, after that many days nobody can lift it, not even AWS. Retention is in days."
  type = object({
    min_retention_days  = number
    max_retention_days  = optional(number)
    changeable_for_days = optional(number)
  })
  default = null

  validation {
    condition     = try(var.lock.min_retention_days >= 1, true) && try(var.lock.max_retention_days >= var.lock.min_retention_days, true)
    error_message = "lock.min_retention_days must be at least 1 and not above lock.max_retention_days, or every backup job into this vault fails."
  }

  validation {
    condition     = try(var.lock.changeable_for_days >= 3, true)
    error_message = "lock.changeable_for_days must be at least 3 (AWS's minimum); leave it out for a governance lock that can still be lifted."
  }
}

variable "is_disposable" {
  description = "Whether destroying the vault may delete the recovery points in it. False keeps a vault with backups from being destroyed."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.is_disposable || try(var.lock.changeable_for_days, null) == null
    error_message = "A vault with a compliance lock (lock.changeable_for_days) cannot be emptied: set is_disposable = false or leave changeable_for_days out."
  }
}
