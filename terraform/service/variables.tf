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

variable "scaling" {
  description = <<-EOT
    How many tasks. Equal min and max: a fixed count, no policies. cpu_percent, memory_percent: averages to hold; left out, that
    metric does not scale.
    backlog: tasks grow until each has at most messages_per_task waiting. schedules: other bounds from a moment on, in
    AWS's cron(...) or rate(...) form, such as more tasks on weekday mornings.
  EOT
  type = object({
    min            = number
    max            = number
    cpu_percent    = optional(number)
    memory_percent = optional(number)
    backlog = optional(object({
      queue_name        = string
      messages_per_task = number
    }))
    schedules = optional(map(object({
      expression = string
      timezone   = optional(string, "UTC")
      min        = number
      max        = number
    })), {})
    scale_out_cooldown_seconds = optional(number, 60)
    scale_in_cooldown_seconds  = optional(number, 300)
  })
  nullable = false

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.max >= var.scaling.min
    error_message = "scaling.min must be at least 1 and scaling.max not less than it: without a task there is no metric that would start one."
  }

  validation {
    condition     = alltrue([for percent in [var.scaling.cpu_percent, var.scaling.memory_percent] : percent == null ? true : percent >= 10 && percent <= 90])
    error_message = "scaling.cpu_percent and memory_percent must be from 10 to 90, or null: above 90 new tasks come too late."
  }

  validation {
    condition     = var.scaling.max == var.scaling.min || length([for target in [var.scaling.cpu_percent, var.scaling.memory_percent, try(var.scaling.backlog.messages_per_task, null)] : target if target != null]) > 0
    error_message = "scaling.max is more than min, but nothing says when to scale: set cpu_percent (70 suits most services), memory_percent or backlog."
  }

  validation {
    condition     = var.scaling.backlog == null ? true : var.scaling.backlog.messages_per_task > 0
    error_message = "scaling.backlog.messages_per_task must be more than 0: acceptable wait divided by the time one message takes."
  }

  validation {
    condition     = alltrue([for schedule in values(var.scaling.schedules) : can(regex("^(cron|rate|at)\\(.+\\)$", schedule.expression)) && schedule.min >= 1 && schedule.max >= schedule.min])
    error_message = "scaling.schedules[*].expression must be cron(...), rate(...) or at(...), min at least 1 and max not less than min."
  }
}

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

variable "permissions" {
  description = "What the task may do: inline policy documents (JSON) of the task role, by purpose. None by default."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for purpose, document in var.permissions : can(regex("^[a-z][a-z0-9_-]*$", purpose)) && can(jsondecode(document).Statement) && purpose != "exec"])
    error_message = "Each of permissions must be a JSON policy document under a purpose in lower case, such as reads_uploads; \"exec\" is this module's own."
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

variable "rollout" {
  description = <<-EOT
    How a release replaces tasks, and what turns it back besides tasks that do not start.
    minimum_healthy_percent, maximum_percent: of the wanted count, while tasks are being replaced.
    error_percent: server errors among a minute's requests (20 or more) at a balanced service. memory_percent: the fullest task.
    alarm_names: further alarms that end a release; they must exist already, so not ones made from this module's output. A
    dead-letter alarm is a poor one: it rings after max_receive_count timeouts, hours after the release that caused it.
  EOT
  type = object({
    minimum_healthy_percent = optional(number, 100)
    maximum_percent         = optional(number, 200)
    error_percent           = optional(number, 5)
    memory_percent          = optional(number, 95)
    alarm_names             = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.rollout.minimum_healthy_percent >= 0 && var.rollout.maximum_percent > 100 && var.rollout.maximum_percent > var.rollout.minimum_healthy_percent
    error_message = "rollout.maximum_percent must be more than 100 and than minimum_healthy_percent: new tasks start beside the old ones, and tasks are moved between zones that way."
  }

  validation {
    condition     = var.rollout.error_percent > 0 && var.rollout.error_percent < 100 && var.rollout.memory_percent > 0 && var.rollout.memory_percent <= 100
    error_message = "rollout.error_percent must be between 0 and 100 and memory_percent at most 100."
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
