# What the collector reads, and to whom it sends it. A pipeline exists only where somebody takes what comes out of it: the
# collector refuses to start with one that ends nowhere.
locals {
  has_workspace = var.collector == null ? false : var.collector.workspace != null # not try(): its ARN may be unknown yet
  has_xray      = var.collector == null ? false : var.collector.has_traces

  metric_exporters = [for name, exporter in local.exporters : "otlphttp/${name}" if exporter.takes_metrics]
  trace_exporters  = [for name, exporter in local.exporters : "otlphttp/${name}" if exporter.takes_traces]

  has_metrics = local.has_workspace || length(local.metric_exporters) > 0
  has_traces  = local.has_xray || length(local.trace_exporters) > 0

  collector_configuration = var.collector == null ? null : {
    extensions = merge(
      { health_check = { endpoint = "127.0.0.1:13133" } },
      local.has_workspace ? { sigv4auth = { region = local.region, service = "aps" } } : {},
    )

    receivers = merge(
      local.has_metrics ? { prometheus = { config = { scrape_configs = [local.scrape] } } } : {},
      local.has_traces ? { otlp = { protocols = { grpc = { endpoint = "127.0.0.1:4317" }, http = { endpoint = "127.0.0.1:4318" } } } } : {},
    )

    processors = merge(
      {
        # Beyond this it refuses new data instead of being killed.
        memory_limiter = {
          check_interval  = "1s"
          limit_mib       = floor(var.collector.memory_mib * 0.75)
          spike_limit_mib = floor(var.collector.memory_mib * 0.2)
        }
        resourcedetection = { detectors = ["env", "ecs"], timeout = "5s", override = false }
        # Every task is scraped at the same address; its ARN tells one from another, else their series would be one.
        resource = { attributes = [{ key = "service.instance.id", from_attribute = "aws.ecs.task.arn", action = "upsert" }] }
        batch    = { timeout = "5s" }
      },
      # These providers count what came since the last report, Prometheus counts since the start.
      length(local.metric_exporters) > 0 ? { cumulativetodelta = {} } : {},
    )

    exporters = merge(
      local.has_workspace ? {
        prometheusremotewrite = {
          endpoint            = var.collector.workspace.remote_write_url
          auth                = { authenticator = "sigv4auth" }
          add_metric_suffixes = false # names are the application's; rules and dashboards are written against them
        }
      } : {},
      local.has_xray ? { awsxray = { region = local.region } } : {},
      { for name, exporter in local.exporters : "otlphttp/${name}" => merge({ headers = exporter.headers }, exporter.address) },
    )

    service = {
      extensions = concat(["health_check"], local.has_workspace ? ["sigv4auth"] : [])
      telemetry  = { logs = { level = "warn" } }

      pipelines = merge(
        local.has_workspace ? {
          "metrics/workspace" = { receivers = ["prometheus"], processors = local.steps, exporters = ["prometheusremotewrite"] }
        } : {},
        length(local.metric_exporters) > 0 ? {
          "metrics/providers" = { receivers = ["prometheus"], processors = concat(local.steps, ["cumulativetodelta"]), exporters = local.metric_exporters }
        } : {},
        local.has_traces ? {
          traces = { receivers = ["otlp"], processors = local.steps, exporters = concat(local.has_xray ? ["awsxray"] : [], local.trace_exporters) }
        } : {},
      )
    }
  }

  steps = ["memory_limiter", "resourcedetection", "resource", "batch"]

  scrape = {
    job_name        = try(var.collector.metrics.job, "")
    scrape_interval = "${try(var.collector.metrics.every_seconds, 30)}s"
    static_configs  = [{ targets = ["127.0.0.1:${try(var.collector.metrics.port, 0)}"], labels = try(var.collector.metrics.labels, {}) }]
  }
}

# Where the application sends its spans, in the variables that every OpenTelemetry SDK reads. Without somebody who takes
# traces it is told nothing, and traces nothing.
locals {
  tracing = local.has_traces ? {
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"
    OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
    OTEL_TRACES_SAMPLER_ARG     = tostring(var.collector.trace_percent / 100)
  } : {}
}
