variable "name" {
  description = "Prefix of everything made here."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,40}$", var.name))
    error_message = "name may have 1 to 40 letters, digits and hyphens: it begins the names of policies, of a function and of log deliveries."
  }
}

variable "aliases" {
  description = "Domain names that viewers use. The certificate must cover each."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.aliases) > 0
    error_message = "aliases needs a domain name: without one CloudFront falls back on its own name, for which no TLS policy can be set."
  }
}

variable "certificate_arn" {
  description = "ACM certificate for the aliases, issued in us-east-1 wherever the origins are."
  type        = string
  nullable    = false

  validation {
    condition     = try(split(":", var.certificate_arn)[3] == "us-east-1", false)
    error_message = "certificate_arn must name a certificate in us-east-1, the only region CloudFront reads."
  }
}

variable "web_bucket" {
  description = "Bucket of the web application. Give the output distribution.reader_policy_json to its policy, and let its KMS key's policy admit cloudfront.amazonaws.com."
  type = object({
    name                 = string
    arn                  = string
    regional_domain_name = string
  })
  nullable = false
}

variable "balancer_origin" {
  description = <<-EOT
    The load balancer. It gets the viewer's Host header, so its certificate must cover the aliases. `paths` go to it as
    requests and `websocket_paths` as WebSocket connections; all else goes to the web bucket. `secret_header` proves to the
    balancer that a request came through here; its value lies in Terraform's state, as in CloudFront's configuration.
  EOT
  type = object({
    dns_name             = string
    paths                = optional(list(string), ["/api/*"])
    websocket_paths      = optional(list(string), ["/ws/*"])
    read_timeout_seconds = optional(number, 60)
    secret_header = optional(object({
      name  = string
      value = string
    }))
  })
  nullable = false

  validation {
    condition     = alltrue([for path in concat(var.balancer_origin.paths, var.balancer_origin.websocket_paths) : startswith(path, "/")])
    error_message = "Every path of balancer_origin must begin with a slash, such as /api/*."
  }

  validation {
    condition     = length(distinct(concat(var.balancer_origin.paths, var.balancer_origin.websocket_paths))) == length(concat(var.balancer_origin.paths, var.balancer_origin.websocket_paths))
    error_message = "A path may be in balancer_origin.paths or in websocket_paths, and once."
  }

  validation {
    condition     = var.balancer_origin.read_timeout_seconds >= 1 && var.balancer_origin.read_timeout_seconds <= 60
    error_message = "balancer_origin.read_timeout_seconds must be 1 to 60, CloudFront's limit without a raised quota. Longer work belongs in a queue."
  }
}

variable "web_acl_arn" {
  description = "Web ACL of scope CLOUDFRONT that guards the distribution."
  type        = string
  nullable    = false
}

variable "price_class" {
  description = "Where edges serve: PriceClass_100 (North America, Europe), PriceClass_200 (more), PriceClass_All."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "web_cache_seconds" {
  description = "How long edges keep files of the web application. `default` holds for files without a Cache-Control header and so bounds how stale a release can look; `max` caps what the header may ask for."
  type = object({
    default = optional(number, 300)
    max     = optional(number, 31536000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.web_cache_seconds.default >= 1 && var.web_cache_seconds.default <= var.web_cache_seconds.max
    error_message = "web_cache_seconds.default must be at least 1 and at most web_cache_seconds.max."
  }
}

variable "content_security_policy" {
  description = "What pages may load and where they may connect."
  type        = string
  default     = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
  nullable    = false

  validation {
    condition     = strcontains(var.content_security_policy, "default-src") && !strcontains(var.content_security_policy, "unsafe-eval")
    error_message = "content_security_policy must have a default-src and no unsafe-eval, which would let injected text run as code."
  }
}

variable "error_pages" {
  description = "Gateway errors that get a page of our own, with the seconds an edge remembers them. The pages themselves are in the output distribution.error_pages."
  type        = map(number)
  default     = { 500 = 5, 502 = 5, 503 = 5, 504 = 5 }
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.error_pages), ["500", "501", "502", "503", "504"])) == 0
    error_message = "error_pages may have 500 to 504. CloudFront replaces answers of every origin, so a page for a 4xx would swallow what the API says about a refused request."
  }
}

variable "log_destination" {
  description = "Bucket and prefix for access logs, whose policy admits delivery.logs.amazonaws.com."
  type = object({
    bucket_arn = string
    prefix     = optional(string, "cdn")
  })
  nullable = false
}
