variable "name" {
  description = "Alias of the workspace and end of its log group's name, such as study-blue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,48}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 50 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "kms_key_arn" {
  description = "Customer-managed key that encrypts the metrics. A workspace keeps its key for life: another key is another workspace."
  type        = string
  nullable    = false
}

variable "retention_days" {
  description = "Days that metrics are kept."
  type        = number
  default     = 150
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 1095
    error_message = "retention_days must be from 1 to 1095, which is what the service offers."
  }
}

variable "rules" {
  description = "Rule files of Prometheus (YAML with groups), by a permanent name."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, file in var.rules : can(regex("^[a-z][a-z0-9_-]{0,63}$", name)) && can(length(yamldecode(file).groups))])
    error_message = "Each of rules must be YAML with a list called groups, under a name in lower case such as alerts."
  }
}

variable "alert_manager" {
  description = "Configuration of the alert manager (YAML with route and receivers); it can tell SNS topics of this account. null: nobody is told."
  type        = string
  default     = null

  validation {
    condition     = var.alert_manager == null ? true : can(yamldecode(var.alert_manager).route.receiver) && can(length(yamldecode(var.alert_manager).receivers))
    error_message = "alert_manager must be YAML with route.receiver and receivers: the inside of alertmanager_config, which this module puts around it."
  }
}

variable "logs" {
  description = "How long the workspace's own log is kept, and the key that encrypts it."
  type = object({
    kms_key_arn    = string
    retention_days = optional(number, 30)
  })
  nullable = false
}
