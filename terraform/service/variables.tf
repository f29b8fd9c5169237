variable "name" {
  description = "Full name of the service, such as study-blue-api. The service, its task family, roles, log group and alarms carry it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,48}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 50 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen (replace underscores by hyphens): role names add to it and may have 64 characters."
  }
}

variable "cluster" {
  description = "Cluster that runs the tasks. namespace is needed for discovery; exec says where sessions are logged and which key encrypts them, needed for has_exec."
  type = object({
    arn       = string
    name      = string
    namespace = optional(object({ id = string, name = string }))
    exec      = optional(object({ log_group_arn = string, kms_key_arn = string }))
  })
  nullable = false
}

variable "network" {
  description = "Where tasks get their network interfaces: the network module's output. Tasks never have public addresses."
  type = object({
    vpc_id             = string
    private_subnet_ids = list(string)
  })
  nullable = false
}

variable "capacity" {
  description = "What tasks run on. kind: \"on_demand\", or \"spot\" (about 70% cheaper, taken away at two minutes' notice, and there may be none). on_demand_base: tasks of a spot service that stay on demand."
  type = object({
    kind           = optional(string, "on_demand")
    on_demand_base = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["on_demand", "spot"], var.capacity.kind)
    error_message = "capacity.kind must be \"on_demand\" or \"spot\"."
  }

  validation {
    condition     = var.capacity.on_demand_base >= 0 && (var.capacity.kind == "spot" || var.capacity.on_demand_base == 0)
    error_message = "capacity.on_demand_base belongs to kind = \"spot\" and must not be negative: with \"on_demand\" every task is on demand already."
  }
}

variable "permissions" {
  description = "What the task may do: inline policy documents (JSON) of the task role, by purpose. None by default."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for purpose, document in var.permissions : can(regex("^[a-z][a-z0-9_-]*$", purpose)) && can(jsondecode(document).Statement) && !contains(["exec", "collector"], purpose)])
    error_message = "Each of permissions must be a JSON policy document under a purpose in lower case, such as reads_uploads; \"exec\" and \"collector\" are this module's own."
  }
}

variable "has_exec" {
  description = "Whether people may open a shell in a task (ECS Exec). Sessions are logged and encrypted by the cluster; keep it off where customers' data is."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.has_exec || var.cluster.exec != null
    error_message = "has_exec needs cluster.exec (log group and key): a session that is not recorded is refused."
  }
}
