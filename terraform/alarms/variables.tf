variable "name" {
  description = "Prefix of every topic and alarm."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,80}$", var.name))
    error_message = "name may have 1 to 80 letters, digits, hyphens and underscores: it begins the names of topics and alarms."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the topics. Its policy must let every service in `publishers` use it (kms:Decrypt, kms:GenerateDataKey*), or their messages are lost without an error."
  type        = string
  nullable    = false
}

variable "has_on_call_topic" {
  description = "Whether critical alarms also go to a topic that pages whoever is on call."
  type        = bool
  default     = false
  nullable    = false
}

variable "emails" {
  description = "Addresses that each topic writes to. AWS sends each a message that must be confirmed first."
  type = object({
    critical = optional(set(string), [])
    warning  = optional(set(string), [])
    on_call  = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for address in setunion(var.emails.critical, var.emails.warning, var.emails.on_call) : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", address))])
    error_message = "Each of emails must look like name@example.com."
  }

  validation {
    condition     = var.has_on_call_topic || length(var.emails.on_call) == 0
    error_message = "emails.on_call has addresses but there is no such topic: set has_on_call_topic or move them to critical."
  }
}

variable "publishers" {
  description = "AWS services that may publish on behalf of this account: cloudwatch, events, budgets, cost_anomalies, rds, backup, prometheus (the alert manager of Managed Prometheus)."
  type        = set(string)
  default     = ["cloudwatch"]
  nullable    = false

  validation {
    condition     = contains(var.publishers, "cloudwatch") && length(setsubtract(var.publishers, ["cloudwatch", "events", "budgets", "cost_anomalies", "rds", "backup", "prometheus"])) == 0
    error_message = "publishers must have cloudwatch, which the alarms need, and may add events, budgets, cost_anomalies, rds, backup and prometheus."
  }
}

variable "alarms" {
  description = <<-EOT
    Metric alarms by a permanent key; their names are <name>-<key>. Each watches either one `metric`, or an `expression`
    over several named ones. `missing_data` says what silence means: notBreaching where no traffic is fine, breaching
    where silence is the failure. `severity` none takes no action by itself, for alarms that only feed a composite.
  EOT
  type = map(object({
    description        = string
    severity           = string
    comparison         = optional(string, "GreaterThanOrEqualToThreshold")
    threshold          = number
    evaluation_periods = optional(number, 3)
    periods_to_alarm   = optional(number)
    missing_data       = optional(string, "missing")
    period_seconds     = optional(number, 60)
    metric = optional(object({
      namespace  = string
      name       = string
      dimensions = optional(map(string), {})
      statistic  = optional(string, "Average")
      unit       = optional(string)
    }))
    expression = optional(object({
      formula = string
      label   = string
      metrics = map(object({
        namespace  = string
        name       = string
        dimensions = optional(map(string), {})
        statistic  = optional(string, "Average")
      }))
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for alarm in var.alarms : contains(["critical", "warning", "none"], alarm.severity)])
    error_message = "The severity of an alarm is critical, warning or none."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : (alarm.metric == null) != (alarm.expression == null)])
    error_message = "An alarm watches either metric or expression: give exactly one."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains(["missing", "breaching", "notBreaching", "ignore"], alarm.missing_data)])
    error_message = "missing_data is missing, breaching, notBreaching or ignore."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : try(alarm.periods_to_alarm <= alarm.evaluation_periods, true)])
    error_message = "periods_to_alarm counts among evaluation_periods, so it cannot be greater."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains([10, 30], alarm.period_seconds) || (alarm.period_seconds > 0 && alarm.period_seconds % 60 == 0)])
    error_message = "period_seconds is 10, 30 or a multiple of 60."
  }
}

variable "composites" {
  description = "Alarms over alarms, by a permanent key: raised when any (or all) of the alarms with these keys are. One page for one cause instead of one per symptom."
  type = map(object({
    description = string
    severity    = string
    of          = set(string)
    needs_all   = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for composite in var.composites : contains(["critical", "warning"], composite.severity)])
    error_message = "The severity of a composite is critical or warning."
  }

  validation {
    condition     = alltrue([for composite in var.composites : length(composite.of) > 0 && length(setsubtract(composite.of, keys(var.alarms))) == 0])
    error_message = "A composite's `of` names one or more keys of alarms."
  }

  validation {
    condition     = length(setintersection(keys(var.composites), keys(var.alarms))) == 0
    error_message = "A composite cannot have the key of an alarm: both names would be <name>-<key>."
  }
}
