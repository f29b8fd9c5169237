variable "name" {
  description = "Prefix of every dashboard's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", var.name))
    error_message = "name may have letters, digits, - and _, which is all that CloudWatch takes in a dashboard's name."
  }
}

variable "dashboards" {
  description = <<-EOT
    Dashboards by a permanent key; their names are <name>-<key>. A panel draws `metrics`, or a `formula` over their ids, with
    `lines` where an alert begins or a promise ends; `is_rate` draws them by the second. With `alarm_arns` it shows the state of
    these alarms instead. `region` is where the metrics are, if not here: billing metrics are in us-east-1 only.
  EOT
  type = map(object({
    panels = list(object({
      title          = string
      unit           = optional(string)
      period_seconds = optional(number, 60)
      is_rate        = optional(bool, false)
      region         = optional(string)
      formula        = optional(string)
      alarm_arns     = optional(list(string), [])
      metrics = optional(list(object({
        id         = optional(string)
        label      = string
        namespace  = string
        name       = string
        dimensions = optional(map(string), {})
        statistic  = optional(string, "Average")
      })), [])
      lines = optional(list(object({
        label = string
        value = number
        kind  = string
      })), [])
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue(flatten([for dashboard in var.dashboards : [for panel in dashboard.panels : (length(panel.metrics) > 0) != (length(panel.alarm_arns) > 0)]]))
    error_message = "A panel has either metrics or alarm_arns."
  }

  validation {
    condition     = alltrue(flatten([for dashboard in var.dashboards : [for panel in dashboard.panels : length(panel.metrics) <= 100 && length(panel.alarm_arns) <= 100]]))
    error_message = "A panel holds at most 100 metrics or 100 alarms, CloudWatch's limit: split it."
  }

  validation {
    condition = alltrue(flatten([
      for dashboard in var.dashboards : [
        for panel in dashboard.panels : panel.formula == null || (!panel.is_rate && alltrue([for metric in panel.metrics : metric.id != null]))
      ]
    ]))
    error_message = "The metrics of a formula have ids, which it names, and it is no rate of them."
  }

  validation {
    condition     = alltrue(flatten([for dashboard in var.dashboards : [for panel in dashboard.panels : [for line in panel.lines : contains(["critical", "warning", "objective"], line.kind)]]]))
    error_message = "The kind of a line is critical, warning or objective."
  }

  validation {
    condition     = alltrue(flatten([for dashboard in var.dashboards : [for panel in dashboard.panels : panel.period_seconds >= 60 && panel.period_seconds % 60 == 0]]))
    error_message = "period_seconds is a multiple of 60."
  }
}
