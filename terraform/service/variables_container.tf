variable "container" {
  description = <<-EOT
    The one container of a task.
    image: by digest, from the repository of repository_arn. command: empty takes the image's own.
    user: numeric, so that "not root" can be checked. writable_paths: empty volumes on the otherwise read-only root; the
    image must declare each as VOLUME with the user as owner (or mode 1777), since Fargate hands them over as root's.
    secrets: environment variable -> Secrets Manager secret, or one key of its JSON; kms_key_arn is the key that encrypts it.
    stop_timeout_seconds: between SIGTERM and SIGKILL. ephemeral_gib: scratch space when the 20 GiB that come free are too few.
  EOT
  type = object({
    image                = string
    repository_arn       = string
    command              = optional(list(string), [])
    port                 = optional(number)
    cpu                  = number
    memory_mib           = number
    architecture         = optional(string, "ARM64")
    user                 = optional(string, "10001:10001")
    writable_paths       = optional(set(string), ["/tmp"])
    ephemeral_gib        = optional(number)
    stop_timeout_seconds = optional(number, 60)
    environment          = optional(map(string), {})
    secrets = optional(map(object({
      arn         = string
      json_key    = optional(string)
      kms_key_arn = string
    })), {})
    health = optional(object({
      command          = list(string)
      interval_seconds = optional(number, 15)
      timeout_seconds  = optional(number, 5)
      retries          = optional(number, 3)
      start_seconds    = optional(number, 60)
    }))
    logs = object({
      kms_key_arn    = string
      retention_days = optional(number, 30)
    })
  })
  nullable = false

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.container.image))
    error_message = "container.image must end with @sha256:<64 hex digits>: a tag can be moved to another image, a digest cannot."
  }

  validation {
    condition     = try(contains(local.memory_mib_by_cpu[tostring(var.container.cpu)], var.container.memory_mib), false)
    error_message = "container.cpu and memory_mib are not a size Fargate has. 256: 512, 1024 or 2048. 512: 1024 to 4096. 1024: 2048 to 8192. 2048: 4096 to 16384. 4096: 8192 to 30720 (steps of 1024). 8192: 16384 to 61440 (4096). 16384: 32768 to 122880 (8192)."
  }

  validation {
    condition     = contains(["ARM64", "X86_64"], var.container.architecture)
    error_message = "container.architecture must be ARM64 or X86_64, whichever the image was built for."
  }

  validation {
    condition     = can(regex("^[1-9][0-9]*(:[1-9][0-9]*)?$", var.container.user))
    error_message = "container.user must be a numeric user, or user:group, other than 0 (root), such as \"10001:10001\"."
  }

  validation {
    condition     = alltrue([for path in var.container.writable_paths : can(regex("^/[a-zA-Z0-9_./-]+$", path))])
    error_message = "container.writable_paths must be absolute paths below the root, such as \"/tmp\"."
  }

  validation {
    condition     = var.container.stop_timeout_seconds >= 2 && var.container.stop_timeout_seconds <= 120
    error_message = "container.stop_timeout_seconds must be from 2 to 120 (Fargate's limit). Work that takes longer must be safe to interrupt and repeat."
  }

  validation {
    condition     = var.container.ephemeral_gib == null ? true : var.container.ephemeral_gib >= 21 && var.container.ephemeral_gib <= 200
    error_message = "container.ephemeral_gib must be from 21 to 200; leave it out for the 20 GiB that come free."
  }

  validation {
    condition     = alltrue([for key in keys(var.container.environment) : !can(regex("(?i)(password|passwd|secret|token|api_?key|private_?key|access_?key|credentials?)$", key))])
    error_message = "container.environment has a variable whose name says it is a secret. Put it into container.secrets: the environment can be read by anyone who may describe a task."
  }

  validation {
    condition     = length(setintersection(keys(var.container.environment), keys(var.container.secrets))) == 0
    error_message = "container.environment and container.secrets set the same variable; ECS refuses that. Remove one."
  }

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.container.logs.retention_days)
    error_message = "container.logs.retention_days must be one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 ... 3653."
  }
}
