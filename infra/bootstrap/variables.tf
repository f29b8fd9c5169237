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
