variable "name" {
  description = "Name of the load balancer and prefix of its target groups, such as study-blue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name)) && !startswith(var.name, "internal-")
    error_message = "name must be 2 to 24 lower-case letters, digits and hyphens, start with a letter, not end with a hyphen and not start with \"internal-\" (AWS keeps that for itself). Target groups add to it and may have 32 characters."
  }
}

variable "network" {
  description = "Where the load balancer stands: the network module's output. `cidr` is where targets live; the balancer may reach their ports there and nothing else."
  type = object({
    vpc_id            = string
    cidr              = string
    public_subnet_ids = list(string)
  })
  nullable = false

  validation {
    condition     = length(var.network.public_subnet_ids) >= 2
    error_message = "network.public_subnet_ids needs subnets in at least two zones: AWS refuses a load balancer in one, and one zone's failure would take it down."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of this region for the names that the load balancer answers. It must be issued: pass the validated ARN."
  type        = string
  nullable    = false
}

variable "access_logs" {
  description = "Bucket that keeps a line for every request. Its policy must let log delivery write under the prefix before this module runs, and it must use SSE-S3: delivery cannot use a customer-managed key."
  type = object({
    bucket = string
    prefix = optional(string, "load-balancer")
  })
  nullable = false

  validation {
    condition     = !strcontains(var.access_logs.prefix, "AWSLogs") && !startswith(var.access_logs.prefix, "/") && !endswith(var.access_logs.prefix, "/")
    error_message = "access_logs.prefix must not begin or end with a slash or contain \"AWSLogs\": AWS appends /AWSLogs/<account>/ itself."
  }
}

variable "ingress" {
  description = "Who may connect: \"world\", or \"cdn\" for CloudFront's origin-facing addresses only."
  type        = string
  default     = "world"
  nullable    = false

  validation {
    condition     = contains(["world", "cdn"], var.ingress)
    error_message = "ingress must be \"world\" (anyone, ports 443 and 80) or \"cdn\" (CloudFront only, port 443)."
  }
}

variable "target_groups" {
  description = <<-EOT
    Services behind the load balancer, by a permanent key. Each gets a blue and a green target group and one rule.
    priority: rules are tried from the lowest. path_patterns: at most five, such as "/api/*". protocol: HTTP ends TLS here;
    HTTPS encrypts to the target too. deregistration_delay_seconds: how long a leaving target may finish its requests.
  EOT
  type = map(object({
    port                         = number
    protocol                     = optional(string, "HTTP")
    path_patterns                = list(string)
    priority                     = number
    deregistration_delay_seconds = optional(number, 30)
    health = object({
      path                = string
      status_codes        = optional(string, "200")
      interval_seconds    = optional(number, 15)
      timeout_seconds     = optional(number, 5)
      healthy_threshold   = optional(number, 2)
      unhealthy_threshold = optional(number, 3)
    })
  }))
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.target_groups) : can(regex("^[a-z]([a-z0-9_-]*[a-z0-9])?$", key)) && length("${var.name}-${key}-green") <= 32])
    error_message = "Each key of target_groups must be lower-case letters, digits, hyphens or underscores, and \"<name>-<key>-green\" may have 32 characters: shorten the key or name."
  }

  validation {
    condition     = alltrue([for group in values(var.target_groups) : length(group.path_patterns) >= 1 && length(group.path_patterns) <= 5 && alltrue([for pattern in group.path_patterns : startswith(pattern, "/") || startswith(pattern, "*")])])
    error_message = "target_groups[*].path_patterns needs one to five patterns (AWS allows five values a rule) that begin with / or *. Use a wildcard, or a second key."
  }

  validation {
    condition     = alltrue([for group in values(var.target_groups) : group.priority >= 1 && group.priority < 49999 && floor(group.priority) == group.priority]) && length(distinct(values(var.target_groups)[*].priority)) == length(var.target_groups)
    error_message = "target_groups[*].priority must be whole, from 1 to 49998, and different for each key: two rules of one listener cannot share a priority, and 49999 is the error page's."
  }

  validation {
    condition     = alltrue([for group in values(var.target_groups) : contains(["HTTP", "HTTPS"], group.protocol) && group.port >= 1 && group.port <= 65535])
    error_message = "target_groups[*].protocol must be HTTP or HTTPS and port from 1 to 65535."
  }

  validation {
    condition     = alltrue([for group in values(var.target_groups) : startswith(group.health.path, "/") && group.health.timeout_seconds < group.health.interval_seconds])
    error_message = "target_groups[*].health.path must begin with / and timeout_seconds must be less than interval_seconds, or checks overlap."
  }

  validation {
    condition     = alltrue([for group in values(var.target_groups) : group.deregistration_delay_seconds >= 0 && group.deregistration_delay_seconds <= 3600])
    error_message = "target_groups[*].deregistration_delay_seconds must be from 0 to 3600; keep it below the containers' stop timeout plus their longest request."
  }
}

variable "web_acl" {
  description = "Regional web ACL that filters requests. An object, so that whether there is one is known before its ARN is. null: none."
  type        = object({ arn = string })
  default     = null
}

variable "not_found" {
  description = "What a request that no rule matches gets, with status 404: a page for browsers, JSON for clients that accept it. AWS allows 1024 characters each."
  type = object({
    html = optional(string, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Not found</title><h1>Not found</h1><p>There is nothing at this address. Check it, or <a href=\"/\">start again</a>.</p></html>")
    json = optional(string, "{\"error\":{\"code\":\"not_found\",\"message\":\"There is nothing at this address.\"}}")
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.not_found.html) <= 1024 && length(var.not_found.json) <= 1024
    error_message = "not_found.html and not_found.json may have 1024 characters each (AWS's limit): keep styles short, or serve richer pages from the CDN."
  }

  validation {
    condition     = can(jsondecode(var.not_found.json))
    error_message = "not_found.json must be valid JSON: build it with jsonencode()."
  }
}

variable "idle_timeout_seconds" {
  description = "How long a connection may be silent before it is closed. Web sockets must ping more often than this; targets must keep connections open longer."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.idle_timeout_seconds >= 1 && var.idle_timeout_seconds <= 4000
    error_message = "idle_timeout_seconds must be from 1 to 4000."
  }
}

variable "is_deletion_protected" {
  description = "Whether AWS refuses to delete the load balancer until this is turned off in an apply of its own."
  type        = bool
  default     = true
  nullable    = false
}
