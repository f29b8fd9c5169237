variable "name" {
  description = "Prefix of the filters, and folder of the queries."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,100}$", var.name))
    error_message = "name may have letters, digits, dots, - and _: CloudWatch refuses : and * in the name of a filter, and / would be another folder."
  }
}

variable "log_groups" {
  description = "Names of the log groups by a permanent key. Their lines are JSON."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.log_groups) > 0 && length(var.log_groups) <= 50
    error_message = "log_groups has 1 to 50 groups: a query of Logs Insights takes no more."
  }
}

variable "namespace" {
  description = "Namespace of the metrics that count lines."
  type        = string
  nullable    = false

  validation {
    condition     = !startswith(var.namespace, "AWS/")
    error_message = "namespace must not begin with AWS/, which is for services of AWS."
  }
}

variable "dimension_fields" {
  description = "Fields of a line that become dimensions of the metrics. Each combination of values is charged as a metric: never an id."
  type        = set(string)
  default     = ["environment", "service"]
  nullable    = false

  validation {
    condition     = length(var.dimension_fields) <= 3
    error_message = "dimension_fields can have three fields, CloudWatch's limit."
  }
}

variable "counts" {
  description = "What is counted, by a permanent key: a filter pattern and the metric that counts the lines it matches."
  type = map(object({
    pattern = string
    metric  = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for count in var.counts : startswith(count.pattern, "{") && endswith(count.pattern, "}") && length(count.pattern) <= 1024])
    error_message = "A pattern is about fields of JSON, { $.level = \"error\" }, in at most 1024 characters: only then can fields become dimensions."
  }
}

variable "queries" {
  description = "Saved queries of Logs Insights, by a permanent key."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for query in var.queries : length(query) > 0 && length(query) <= 10000])
    error_message = "A query has 1 to 10000 characters."
  }
}
