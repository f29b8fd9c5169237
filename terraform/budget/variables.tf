variable "name" {
  description = "Prefix of the budget, the anomaly monitor and its subscription."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^:\\\\]{1,80}$", var.name))
    error_message = "name may have 1 to 80 characters, without colon and backslash, which AWS Budgets refuses."
  }
}

variable "monthly_usd" {
  description = "What a month may cost, in US dollars."
  type        = number
  nullable    = false

  validation {
    condition     = var.monthly_usd > 0
    error_message = "monthly_usd must be above 0: every alert is a percentage of it."
  }
}

variable "alert_percents" {
  description = "Percentages of the budget at which actual spending alerts. A forecast above 100 % always alerts."
  type        = set(number)
  default     = [80, 100]
  nullable    = false

  validation {
    condition     = length(var.alert_percents) > 0 && alltrue([for percent in var.alert_percents : percent > 0 && percent <= 1000])
    error_message = "alert_percents needs one percentage or more, each above 0 and at most 1000."
  }

  validation {
    condition     = length(var.alert_percents) <= 4
    error_message = "alert_percents can have four percentages: AWS allows five notifications a budget, and the forecast takes one."
  }
}

variable "topic_arn" {
  description = "SNS topic for every alert. Its policy, and the policy of its KMS key, must admit budgets.amazonaws.com, and costalerts.amazonaws.com for anomalies."
  type        = string
  nullable    = false
}

variable "emails" {
  description = "Addresses that also get the budget's alerts, straight from AWS and without confirmation."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.emails) <= 10
    error_message = "emails can have ten addresses, the limit of AWS Budgets: use a mailing list."
  }
}

variable "cost_tag" {
  description = "Cost allocation tag that marks what to count, where an account holds more than one environment. It must be activated in the billing console. Null: the whole account."
  type = object({
    key   = string
    value = string
  })
  default = null
}

variable "has_anomaly_alert" {
  description = "Whether spending that is unusual, though within the budget, alerts too."
  type        = bool
  default     = false
  nullable    = false
}

variable "anomaly_min_usd" {
  description = "Dollars that an anomaly must have cost to alert."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.anomaly_min_usd >= 1
    error_message = "anomaly_min_usd must be 1 or more: below that noise alerts every day."
  }
}
