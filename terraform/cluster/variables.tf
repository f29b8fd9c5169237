variable "name" {
  description = "Prefix of every name, for example \"study-blue\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters of a-z, 0-9 and '-', begin with a letter and not end with '-'; for example \"study-blue\"."
  }
}

variable "has_container_insights" {
  description = "Collects CPU, memory, network and restarts of every task. Paid by the metric."
  type        = bool
  default     = true
  nullable    = false
}

variable "logs" {
  description = "How long session records and Container Insights are kept, and the key that encrypts sessions and records."
  type = object({
    retention_days = optional(number, 30)
    kms_key_arn    = string
  })
  nullable = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.logs.retention_days)
    error_message = "logs.retention_days must be a period CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "vpc_id" {
  description = "Network in which the services' private names resolve."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC (vpc-...), not its name or ARN."
  }
}

variable "namespace" {
  description = "Private DNS domain of the services; left out, it is NAME.internal. With \"study-blue.internal\" a service \"api\" is found at api.study-blue.internal."
  type        = string
  default     = null

  validation {
    condition     = var.namespace == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", var.namespace)) && !endswith(var.namespace, ".local")
    error_message = "namespace must be a lower-case domain of two labels or more, and not end in .local, which belongs to multicast DNS; for example \"study-blue.internal\"."
  }
}
