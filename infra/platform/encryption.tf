# One key a class of data, so that access to one says nothing about the others.
module "encryption" {
  source = "../../terraform/encryption"

  name = local.name
  keys = merge(local.has_prometheus ? { metrics = { description = "Metrics in Managed Prometheus" } } : {}, {
    data     = { description = "Databases, cache, volumes and their backups", used_by = ["autoscaling"] }
    objects  = { description = "Objects in buckets", used_by = ["cloudfront"] }
    messages = { description = "Queues and notification topics", used_by = concat(["budgets", "cloudwatch", "cost_anomaly", "events", "rds_events"], local.has_prometheus ? ["prometheus"] : []) }
    secrets  = { description = "Generated credentials" }
    logs     = { description = "Logs of every service", used_by = ["logs"] }
  })
}

module "backup_region_encryption" {
  source    = "../../terraform/encryption"
  for_each  = local.backup_home
  providers = { aws = aws.backup }

  name = "${local.name}-backup"
  keys = {
    data    = { description = "Copies of database backups" }
    objects = { description = "Replicated objects" }
  }
}
