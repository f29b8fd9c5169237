variable "account" {
  description = "The account and region that environments of this project share their state bucket in."
  type = object({
    id          = string
    region      = string
    project     = string
    owner       = string
    cost_center = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id))
    error_message = "account.id must be the 12 digits of the account, in quotes."
  }
}

variable "pipeline" {
  description = <<-EOT
    The repository whose jobs deploy into this account, and the environments they deploy here. None: nobody but people with
    credentials of their own.
  EOT
  type = object({
    repository = object({
      owner              = string
      owner_id           = string
      name               = string
      id                 = string
      has_ids_in_subject = optional(bool, true)
    })
    environments = map(object({ backup_region = string }))
  })
  default = null
}
