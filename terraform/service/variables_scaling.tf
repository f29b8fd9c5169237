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
