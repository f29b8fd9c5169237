variable "name" {
  description = "Prefix of every name, for example \"study-blue\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters of a-z, 0-9 and '-', begin with a letter and not end with '-'; for example \"study-blue\"."
  }
}

variable "cidr" {
  description = "IPv4 range of the whole network, /16 to /24, with no host bits: \"10.20.0.0/16\"."
  type        = string
  nullable    = false

  validation {
    condition     = try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "cidr must be an IPv4 range whose host bits are zero, for example \"10.20.0.0/16\"."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 24, false)
    error_message = "cidr must be between /16 and /24: AWS takes nothing larger, and smaller leaves no room for three tiers."
  }
}

variable "zones" {
  description = <<-EOT
    Availability zones by letter, each with one subnet a tier. `public` holds the load balancer and NAT gateways,
    `private` the workloads, `isolated` the databases and caches. The letters are the resources' permanent keys:
    add and remove zones freely, but never re-letter one.
  EOT
  type = map(object({
    public   = string
    private  = string
    isolated = string
  }))
  nullable = false

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 6
    error_message = "zones needs 2 to 6 entries: with one zone, losing it loses the service, and load balancers and databases refuse a single zone."
  }

  validation {
    condition     = alltrue([for letter in keys(var.zones) : can(regex("^[a-f]$", letter))])
    error_message = "zones are keyed by the letter of the availability zone, \"a\" to \"f\": \"a\" in us-east-1 is us-east-1a."
  }

  validation {
    condition     = alltrue([for subnet in flatten([for zone in var.zones : values(zone)]) : try(cidrhost(subnet, 0) == split("/", subnet)[0], false)])
    error_message = "Every subnet must be an IPv4 range whose host bits are zero, for example \"10.20.11.0/24\"."
  }
}

variable "nat_gateways" {
  description = "\"single\": one NAT gateway, in the first zone (cheap; the other zones pay cross-zone traffic and fall with it). \"per_zone\": one each."
  type        = string
  default     = "per_zone"
  nullable    = false

  validation {
    condition     = contains(["single", "per_zone"], var.nat_gateways)
    error_message = "nat_gateways must be \"single\" or \"per_zone\"."
  }
}

variable "outbound_ports" {
  description = "TCP ports on which private workloads may call the internet. The isolated tier never can."
  type        = set(number)
  default     = [443]
  nullable    = false

  validation {
    condition     = length(var.outbound_ports) <= 4 && alltrue([for port in var.outbound_ports : port >= 1 && port <= 65535 && !contains([20, 21, 22, 23, 3389], port)])
    error_message = "outbound_ports takes at most 4 ports of 1 to 65535, and none of FTP, SSH, Telnet or RDP (20-23, 3389)."
  }
}

variable "private_endpoints" {
  description = "AWS services reached by an interface endpoint inside the network and not by NAT. S3 always has its (free) gateway endpoint."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.private_endpoints, keys(local.endpoint_services))) == 0
    error_message = "private_endpoints may hold only: ${join(", ", keys(local.endpoint_services))}. Another service needs an entry, with the calls it may carry, in endpoints.tf."
  }
}

variable "flow_logs" {
  description = "Where accepted and rejected connections are recorded: for how many days, and the key that encrypts the record."
  type = object({
    retention_days = optional(number, 30)
    kms_key_arn    = string
  })
  nullable = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_logs.retention_days)
    error_message = "flow_logs.retention_days must be a period CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "permissions_boundary_arn" {
  description = "What the role made here may do at most, whatever it is granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
