variable "collector" {
  description = <<-EOT
    The OpenTelemetry collector beside the application; null: none. Its cpu and memory_mib are part of the container's.
    image: AWS's distribution, by digest, for architectures ARM64 and X86_64 alike. metrics: where the application shows its
    Prometheus metrics, and the job and labels that every series gets. workspace: Amazon Managed Prometheus that takes them.
    has_traces: takes OTLP on 4317 and 4318 of the loopback address and sends it to X-Ray. trace_percent: how many of
    a hundred traces the application is told to keep; a trace is kept or left out as a whole, by whoever begins it.
  EOT
  type = object({
    image      = optional(string, "public.ecr.aws/aws-observability/aws-otel-collector@sha256:9b28046359054b414f4ba76056ba4e8cffda2d53fbcee06171d7eeecd71326c3") # v0.48.0
    user       = optional(string, "10001:10001")
    cpu        = optional(number, 64)
    memory_mib = optional(number, 256)
    metrics = optional(object({
      port          = number
      job           = string
      labels        = optional(map(string), {})
      every_seconds = optional(number, 30)
    }))
    workspace     = optional(object({ arn = string, remote_write_url = string }))
    has_traces    = optional(bool, true)
    trace_percent = optional(number, 10)
  })
  default = null

  validation {
    condition     = var.collector == null ? true : can(regex("@sha256:[0-9a-f]{64}$", var.collector.image))
    error_message = "collector.image must end with @sha256:<64 hex digits>: a tag can be moved to another image, a digest cannot."
  }

  validation {
    condition     = var.collector == null ? true : can(regex("^[1-9][0-9]*(:[1-9][0-9]*)?$", var.collector.user))
    error_message = "collector.user must be a numeric user, or user:group, other than 0 (root); the image itself would take root."
  }

  validation {
    condition     = var.collector == null ? true : var.collector.memory_mib >= 64 && var.collector.memory_mib * 2 <= var.container.memory_mib && var.collector.cpu >= 0 && var.collector.cpu * 2 <= var.container.cpu
    error_message = "collector.memory_mib must be at least 64, and it and collector.cpu at most half of the container's: the application lives on the rest."
  }

  validation {
    condition     = var.collector == null ? true : var.collector.has_traces || var.collector.workspace != null || anytrue([for exporter in [var.exporters.sentry, var.exporters.new_relic, var.exporters.datadog] : exporter != null])
    error_message = "collector would collect for nobody: set workspace, has_traces or one of exporters, or leave the collector out."
  }

  validation {
    condition     = var.collector == null ? true : var.collector.metrics != null || (var.collector.workspace == null && var.exporters.new_relic == null && var.exporters.datadog == null)
    error_message = "collector.metrics must say where the application shows its metrics: the workspace, New Relic and Datadog wait for them."
  }

  validation {
    condition     = var.collector == null ? true : var.collector.metrics == null ? true : var.collector.metrics.every_seconds >= 10 && var.collector.metrics.every_seconds <= 300
    error_message = "collector.metrics.every_seconds must be from 10 to 300: every sample is charged, and rules need several in their windows."
  }

  validation {
    condition     = var.collector == null ? true : var.collector.trace_percent >= 0 && var.collector.trace_percent <= 100
    error_message = "collector.trace_percent must be from 0 (no trace is kept) to 100 (all of them are)."
  }

  validation {
    condition     = var.collector != null || alltrue([for exporter in [var.exporters.sentry, var.exporters.new_relic, var.exporters.datadog] : exporter == null])
    error_message = "collector is needed for exporters, which it sends to: set it, or leave exporters out."
  }
}

variable "exporters" {
  description = <<-EOT
    To whom the collector also sends. secret: holds the provider's key and nothing else; a person puts it there.
    sentry takes traces, at the OTLP address of a project; new_relic metrics and traces; datadog metrics.
  EOT
  type = object({
    sentry = optional(object({
      endpoint = string
      secret   = object({ arn = string, kms_key_arn = string })
    }))
    new_relic = optional(object({
      region = optional(string, "us")
      secret = object({ arn = string, kms_key_arn = string })
    }))
    datadog = optional(object({
      site   = optional(string, "datadoghq.com")
      secret = object({ arn = string, kms_key_arn = string })
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.exporters.sentry == null ? true : can(regex("^https://[a-z0-9.-]+/api/[0-9]+/integration/otlp$", var.exporters.sentry.endpoint))
    error_message = "exporters.sentry.endpoint must be the project's OTLP address, such as https://o1.ingest.sentry.io/api/2/integration/otlp."
  }

  validation {
    condition     = var.exporters.new_relic == null ? true : contains(["us", "eu"], var.exporters.new_relic.region)
    error_message = "exporters.new_relic.region must be \"us\" or \"eu\", as its account is."
  }

  validation {
    condition     = var.exporters.datadog == null ? true : contains(["datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com"], var.exporters.datadog.site)
    error_message = "exporters.datadog.site must be one of Datadog's: datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com."
  }
}
