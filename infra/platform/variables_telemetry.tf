variable "telemetry" {
  description = "What is collected beside CloudWatch and where it goes; whatever is null is not there."
  type = object({
    collector = optional(object({
      cpu           = number
      memory_mib    = number
      has_traces    = bool
      trace_percent = number
    }))
    managed_prometheus = optional(object({ retention_days = number }))
    managed_grafana = optional(object({
      admin_group_ids  = set(string)
      viewer_group_ids = set(string)
    }))
    exporters = optional(object({
      sentry    = optional(object({ endpoint = string }))
      new_relic = optional(object({ region = string }))
      datadog   = optional(object({ site = string }))
    }), {})
  })
  default  = {}
  nullable = false
}
