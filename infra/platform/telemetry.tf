# What is collected beside CloudWatch. Everything here is off until an environment turns it on.
locals {
  has_prometheus = var.telemetry.managed_prometheus != null
  has_grafana    = var.telemetry.managed_grafana != null
  has_traces     = try(var.telemetry.collector.has_traces, false)

  metrics_port = 9100    # of every service, unless METRICS_PORT says otherwise
  metrics_job  = "study" # rules and dashboards select by it

  collectors = {
    for key in keys(local.workloads) : key => var.telemetry.collector == null ? null : {
      cpu           = var.telemetry.collector.cpu
      memory_mib    = var.telemetry.collector.memory_mib
      has_traces    = var.telemetry.collector.has_traces
      trace_percent = var.telemetry.collector.trace_percent
      metrics       = { port = local.metrics_port, job = local.metrics_job, labels = { service = replace(key, "_", "-") } }
      workspace = local.has_prometheus ? {
        arn              = module.managed_prometheus["workspace"].workspace.arn
        remote_write_url = module.managed_prometheus["workspace"].workspace.remote_write_url
      } : null
    }
  }

  # Keys of providers come from outside: the secrets stay empty until somebody puts them there, and a release waits for that.
  exporter_keys = {
    for name, exporter in var.telemetry.exporters : "${name}_key" => {
      description          = "Key of ${replace(name, "_", " ")}, to which collectors send"
      recovery_window_days = var.environment.can_be_destroyed ? 0 : 30
    } if exporter != null
  }

  exporter_secrets = { for key in keys(local.exporter_keys) : trimsuffix(key, "_key") => { arn = module.secrets.secrets[key].arn, kms_key_arn = module.encryption.keys["secrets"].arn } }

  exporters = {
    sentry    = var.telemetry.exporters.sentry == null ? null : { endpoint = var.telemetry.exporters.sentry.endpoint, secret = local.exporter_secrets["sentry"] }
    new_relic = var.telemetry.exporters.new_relic == null ? null : { region = var.telemetry.exporters.new_relic.region, secret = local.exporter_secrets["new_relic"] }
    datadog   = var.telemetry.exporters.datadog == null ? null : { site = var.telemetry.exporters.datadog.site, secret = local.exporter_secrets["datadog"] }
  }
}

# Rules and routes are written from monitoring/*.yaml by `make docs`, the same that promtool and amtool have tested.
module "managed_prometheus" {
  source   = "../../terraform/managed_prometheus"
  for_each = local.has_prometheus ? { workspace = true } : {}

  name           = local.name
  kms_key_arn    = module.encryption.keys["metrics"].arn
  retention_days = var.telemetry.managed_prometheus.retention_days
  logs           = local.logs
  rules          = { alerts = file("${path.module}/../../monitoring/prometheus/rules.yaml") }
  alert_manager = templatefile("${path.module}/../../monitoring/prometheus/${var.alarms.has_on_call_topic ? "routes_with_on_call" : "routes"}.yaml.tftpl", {
    topics = module.alarms.topic_arns
    region = var.environment.region
  })
}

module "managed_grafana" {
  source   = "../../terraform/managed_grafana"
  for_each = local.has_grafana ? { workspace = true } : {}

  name       = local.name
  groups     = { admin = var.telemetry.managed_grafana.admin_group_ids, viewer = var.telemetry.managed_grafana.viewer_group_ids }
  prometheus = local.has_prometheus ? { workspace_arn = module.managed_prometheus["workspace"].workspace.arn } : null
  has_traces = local.has_traces

  permissions_boundary_arn = local.boundary_arn
}
