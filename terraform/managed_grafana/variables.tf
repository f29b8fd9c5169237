variable "name" {
  description = "Name of the workspace, such as study-blue; its role's name adds to it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,48}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 50 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "grafana_version" {
  description = "Version of Grafana. It can be raised in place and never lowered."
  type        = string
  default     = "10.4"
  nullable    = false

  validation {
    condition     = contains(["9.4", "10.4"], var.grafana_version)
    error_message = "grafana_version must be one that the service offers: 9.4 or 10.4."
  }
}

variable "groups" {
  description = "Groups of IAM Identity Center, by id, that enter the workspace as what."
  type = object({
    admin  = set(string)
    editor = optional(set(string), [])
    viewer = optional(set(string), [])
  })
  nullable = false

  validation {
    condition     = length(var.groups.admin) > 0
    error_message = "groups.admin must name a group: nobody else could ever let anybody in."
  }

  validation {
    condition     = length(setintersection(var.groups.admin, var.groups.editor)) + length(setintersection(var.groups.admin, var.groups.viewer)) + length(setintersection(var.groups.editor, var.groups.viewer)) == 0
    error_message = "Each group has one role: remove it from the lesser one."
  }
}

variable "prometheus" {
  description = "Managed Prometheus workspace that dashboards may query; null: CloudWatch only."
  type        = object({ workspace_arn = string })
  default     = null
}

variable "has_traces" {
  description = "Whether dashboards may read X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "What the role made here may do at most, whatever it is granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
