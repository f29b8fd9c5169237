variable "load_balancer" {
  description = "Puts the service behind a load balancer: its arn_suffix and security_group_id, and this service's entry of its target_groups. Tasks join the blue group; green is there for releases. null: nothing calls this service through a balancer."
  type = object({
    arn_suffix           = string
    security_group_id    = string
    health_grace_seconds = optional(number, 60)
    target_group = object({
      blue  = object({ arn = string, arn_suffix = string })
      green = object({ arn = string, arn_suffix = string })
    })
  })
  default = null

  validation {
    condition     = var.load_balancer == null || var.container.port != null
    error_message = "load_balancer needs container.port: the balancer must know where to send requests."
  }
}

variable "discovery" {
  description = "Gives the service a name in the cluster's private namespace. clients: security groups that may connect to container.port, by a permanent key. null: no name."
  type = object({
    name    = string
    clients = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.discovery == null || (var.container.port != null && var.cluster.namespace != null)
    error_message = "discovery needs container.port and cluster.namespace: a name without either leads nowhere."
  }
}

variable "egress" {
  description = "Where tasks may connect, by a permanent key: exactly one of cidr, security_group_id and prefix_list_id each. Name resolution and credentials need no rule. Everything else is closed."
  type = map(object({
    description       = string
    port              = number
    protocol          = optional(string, "tcp")
    cidr              = optional(string)
    security_group_id = optional(string)
    prefix_list_id    = optional(string)
  }))
  default = {
    https = { description = "HTTPS to AWS and to providers outside", port = 443, cidr = "0.0.0.0/0" }
  }
  nullable = false

  validation {
    condition     = alltrue([for rule in values(var.egress) : length([for target in [rule.cidr, rule.security_group_id, rule.prefix_list_id] : target if target != null]) == 1])
    error_message = "Each of egress must set exactly one of cidr, security_group_id and prefix_list_id."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress) : contains(["tcp", "udp"], rule.protocol) && rule.port >= 1 && rule.port <= 65535 && length(rule.description) > 0])
    error_message = "Each of egress needs a description, a protocol (tcp or udp) and one port from 1 to 65535; there is no rule for \"all\"."
  }
}

variable "permissions_boundary_arn" {
  description = "What the roles made here may do at most, whatever they are granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
