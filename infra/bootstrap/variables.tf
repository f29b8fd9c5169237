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

variable "environments" {
  description = "The environments that live in this account and region: where each keeps copies of its data, if it does at all."
  type = map(object({
    backup_region = string
    has_copies    = bool
  }))
  nullable = false
}

variable "pipeline" {
  description = "The repository whose jobs deploy these environments, and by environment the one whose releases it is promoted from. None: nobody but people with credentials of their own."
  type = object({
    repository = object({
      owner              = string
      owner_id           = string
      name               = string
      id                 = string
      has_ids_in_subject = optional(bool, true)
    })
    promotions = optional(map(string), {})
  })
  default = null
}
