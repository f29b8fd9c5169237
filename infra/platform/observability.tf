# What is spent, and where logs are kept. What is watched is in alarms.tf.
module "budget" {
  source    = "../../terraform/budget"
  providers = { aws = aws.global }

  name              = local.name
  monthly_usd       = var.budget.monthly_usd
  alert_percents    = var.budget.alert_percents
  has_anomaly_alert = var.budget.has_anomaly_alert
  topic_arn         = module.alarms.topic_arns["warning"]
  emails            = var.alarms.emails
  cost_tag          = { key = "Environment", value = var.environment.name }
}

module "log_archive" {
  source   = "../../terraform/log_archive"
  for_each = var.logs.has_archive ? { archive = true } : {}

  name = local.name
  log_groups = merge(
    { for key, service in module.services : replace(key, "_", "-") => service.service.log_group_name },
    { flow = module.network.network.flow_log_group_name },
  )
  bucket      = { arn = module.log_bucket.log_destination.arn }
  kms_key_arn = module.encryption.keys["logs"].arn

  permissions_boundary_arn = local.boundary_arn
}
