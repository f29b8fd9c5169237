variable "name" {
  description = "Name of the web ACL, and the end of its log group's name: aws-waf-logs-<name>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,100}$", var.name))
    error_message = "name may have 1 to 100 letters, digits, hyphens and underscores."
  }
}

variable "scope" {
  description = "REGIONAL guards load balancers of the provider's region. CLOUDFRONT guards distributions, and needs a provider in us-east-1."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["REGIONAL", "CLOUDFRONT"], var.scope)
    error_message = "scope must be REGIONAL (load balancer) or CLOUDFRONT (distribution)."
  }
}

variable "requests_per_5_minutes" {
  description = "Requests that one client address may make in any five minutes before it is blocked."
  type        = number
  default     = 2000
  nullable    = false

  validation {
    condition     = var.requests_per_5_minutes >= 10 && var.requests_per_5_minutes <= 2000000000
    error_message = "requests_per_5_minutes must be between 10 and 2,000,000,000, the limits of WAF."
  }
}

variable "client_address_header" {
  description = "Header that names the client when a CDN stands in front, such as X-Forwarded-For: else the rate limit counts, and blocks, the CDN's own addresses. Null: the address of the connection. Clients can forge the header, so set it only where nothing but the CDN gets through."
  type        = string
  default     = null
}

variable "managed_rules" {
  description = "AWS managed rule groups besides the known bad inputs, which always act. `counted` names rules of a group that only count: such a rule would block what the product needs."
  type = map(object({
    priority = number
    counted  = optional(set(string), [])
  }))
  nullable = false
  default = {
    AWSManagedRulesAmazonIpReputationList = { priority = 10 }
    # The size rule stops bodies over 8 KiB: every upload.
    AWSManagedRulesCommonRuleSet = { priority = 20, counted = ["SizeRestrictions_BODY"] }
  }

  validation {
    condition     = length(setsubtract(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet"], keys(var.managed_rules))) == 0
    error_message = "managed_rules must keep AWSManagedRulesAmazonIpReputationList and AWSManagedRulesCommonRuleSet: let single rules count instead of dropping a group."
  }

  validation {
    condition     = !contains(keys(var.managed_rules), "AWSManagedRulesKnownBadInputsRuleSet")
    error_message = "Leave AWSManagedRulesKnownBadInputsRuleSet out of managed_rules: it is always there, and none of its rules may merely count."
  }

  validation {
    condition     = length(distinct(values(var.managed_rules)[*].priority)) == length(var.managed_rules) && alltrue([for group in var.managed_rules : group.priority > 1])
    error_message = "Each group in managed_rules needs a priority of its own, above 1: the rate limit has 0 and the known bad inputs have 1."
  }
}

variable "logs" {
  description = "Log group of the decisions. Headers in `redacted_headers` never reach it."
  type = object({
    retention_days   = number
    kms_key_arn      = string
    redacted_headers = optional(set(string), ["authorization", "cookie"])
  })
  nullable = false

  validation {
    condition     = length(setsubtract(["authorization", "cookie"], var.logs.redacted_headers)) == 0
    error_message = "logs.redacted_headers must keep authorization and cookie: whoever reads the log could act as the user."
  }

  validation {
    condition     = alltrue([for header in var.logs.redacted_headers : header == lower(header)])
    error_message = "logs.redacted_headers must be in lower case: WAF returns them so, and every plan would show a difference."
  }
}
