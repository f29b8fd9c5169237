variable "rollout" {
  description = <<-EOT
    How a release replaces tasks, and what turns it back besides tasks that do not start.
    minimum_healthy_percent, maximum_percent: of the wanted count, while tasks are being replaced. 0 and 100: the old ones are
    gone before new ones start, for work that must not be done twice at once; then tasks are not moved between zones either.
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
    condition     = var.rollout.minimum_healthy_percent >= 0 && var.rollout.maximum_percent > var.rollout.minimum_healthy_percent && (var.rollout.maximum_percent > 100 || (var.rollout.maximum_percent == 100 && var.rollout.minimum_healthy_percent == 0))
    error_message = "rollout.maximum_percent must be more than 100 and than minimum_healthy_percent, so that new tasks start beside the old ones; or 100 with minimum_healthy_percent 0, where two must never run at once."
  }

  validation {
    condition     = var.rollout.error_percent > 0 && var.rollout.error_percent < 100 && var.rollout.memory_percent > 0 && var.rollout.memory_percent <= 100
    error_message = "rollout.error_percent must be between 0 and 100 and memory_percent at most 100."
  }
}
