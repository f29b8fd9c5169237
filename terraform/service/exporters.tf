# How each provider is reached: OTLP over HTTPS, with the key in a header. The collector puts the key in from its environment,
# where ECS puts it from Secrets Manager: it is in no task definition, plan or state.
locals {
  exporters = merge(
    var.exporters.sentry == null ? {} : {
      sentry = {
        variable      = "SENTRY_KEY"
        secret        = var.exporters.sentry.secret
        address       = { traces_endpoint = "${var.exporters.sentry.endpoint}/v1/traces" }
        headers       = { x-sentry-auth = "sentry sentry_key=$${env:SENTRY_KEY}" }
        takes_metrics = false # it has no OTLP endpoint for metrics
        takes_traces  = true
      }
    },
    var.exporters.new_relic == null ? {} : {
      new_relic = {
        variable      = "NEW_RELIC_KEY"
        secret        = var.exporters.new_relic.secret
        address       = { endpoint = { us = "https://otlp.nr-data.net", eu = "https://otlp.eu01.nr-data.net" }[var.exporters.new_relic.region] }
        headers       = { api-key = "$${env:NEW_RELIC_KEY}" }
        takes_metrics = true
        takes_traces  = true
      }
    },
    var.exporters.datadog == null ? {} : {
      datadog = {
        variable      = "DATADOG_KEY"
        secret        = var.exporters.datadog.secret
        address       = { metrics_endpoint = "https://otlp.${var.exporters.datadog.site}/v1/metrics" }
        headers       = { dd-api-key = "$${env:DATADOG_KEY}" }
        takes_metrics = true
        takes_traces  = false # its endpoint for traces is a preview, for those it has let in
      }
    },
  )

  # What ECS reads before the containers of a task start, the collector's keys included.
  injected_secrets = concat(values(var.container.secrets), values(local.exporters)[*].secret)
}
