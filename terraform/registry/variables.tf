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
  description = "Customer-managed key that encrypts the images. Changing it replaces the repositories and loses their images."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), not an alias or a bare id."
  }
}

variable "repositories" {
  description = "One repository each, named NAME/REPOSITORY."
  type        = set(string)
  nullable    = false

  validation {
    condition     = alltrue([for repository in var.repositories : can(regex("^[a-z][a-z0-9]*([_-][a-z0-9]+)*$", repository))])
    error_message = "repositories must be in a-z, 0-9 and single '_' or '-' between them, for example \"outbox_relay\"."
  }
}

variable "keep_images" {
  description = "Newest images kept in each repository. The image of every release that may be rolled back to must be among them."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.keep_images >= 10 && var.keep_images <= 1000
    error_message = "keep_images must be 10 to 1000: with fewer than 10 a rollback can meet an image that has expired."
  }
}

variable "can_be_emptied" {
  description = "Whether destroying a repository may delete the images in it."
  type        = bool
  default     = false
  nullable    = false
}
