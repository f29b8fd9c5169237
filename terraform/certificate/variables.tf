variable "domain_name" {
  description = "Name the certificate is for, for example \"study.example\" or \"*.study.example\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", var.domain_name)) && length(var.domain_name) <= 64
    error_message = "domain_name must be a lower-case domain of at most 64 characters (longer ones may only be alternative_names), with '*' as its whole first label if at all."
  }
}

variable "alternative_names" {
  description = "Further names on the same certificate. All of them must be in the zone."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.alternative_names : can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", name))])
    error_message = "alternative_names must be lower-case domains, with '*' as the whole first label if at all; for example \"*.study.example\"."
  }

  validation {
    condition     = length(var.alternative_names) <= 9
    error_message = "A certificate holds 10 names (AWS's default quota): domain_name and 9 alternative_names. Use a wildcard."
  }

  validation {
    condition     = !contains(var.alternative_names, var.domain_name)
    error_message = "alternative_names must not repeat domain_name."
  }
}

variable "zone_id" {
  description = "Public hosted zone in which ownership of the names is proved."
  type        = string
  nullable    = false
}
