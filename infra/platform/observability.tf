# Who is told, of what. Thresholds are the platform's; how much is watched is the environment's choice.
locals {
  # Basic: what means that the platform does not work. Full adds what will soon mean that.
  basic_alarms = merge(
    { for key, queue in module.queues : "${replace(key, "_", "-")}-dead-letters" => queue.queue.alarms.dead_letters },
    { for key, service in module.services : "${replace(key, "_", "-")}-tasks" => service.service.alarms.running_tasks },
    {
      balancer-errors = {
        severity     = "critical"
        description  = "More than 5 % of requests fail."
        comparison   = "GreaterThanThreshold"
        threshold    = 5
        missing_data = "notBreaching"
        expression = {
          formula = "100 * (balancer + targets) / requests"
          label   = "Failed requests in percent"
          metrics = {
            balancer = { namespace = "AWS/ApplicationELB", name = "HTTPCode_ELB_5XX_Count", statistic = "Sum", dimensions = local.balancer_dimensions }
            targets  = { namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", statistic = "Sum", dimensions = local.balancer_dimensions }
            requests = { namespace = "AWS/ApplicationELB", name = "RequestCount", statistic = "Sum", dimensions = local.balancer_dimensions }
          }
        }
      }
      database-storage = {
        severity    = "critical"
        description = "The database has less than 5 GiB left."
        comparison  = "LessThanThreshold"
        threshold   = 5 * 1024 * 1024 * 1024
        metric      = { namespace = "AWS/RDS", name = "FreeStorageSpace", statistic = "Minimum", dimensions = local.database_dimensions }
      }
    },
  )

  full_alarms = merge(
    { for key, queue in module.queues : "${replace(key, "_", "-")}-backlog" => queue.queue.alarms.backlog_age },
    {
      balancer-latency = {
        severity     = "warning"
        description  = "One request in twenty takes longer than a second."
        comparison   = "GreaterThanThreshold"
        threshold    = 1
        missing_data = "notBreaching"
        metric       = { namespace = "AWS/ApplicationELB", name = "TargetResponseTime", statistic = "p95", dimensions = local.balancer_dimensions }
      }
      database-cpu = {
        severity    = "warning"
        description = "The database uses more than 80 % of its CPU."
        threshold   = 80
        metric      = { namespace = "AWS/RDS", name = "CPUUtilization", dimensions = local.database_dimensions }
      }
      cache-cpu = {
        severity    = "warning"
        description = "The cache's engine uses more than 80 % of its thread."
        threshold   = 80
        metric      = { namespace = "AWS/ElastiCache", name = "EngineCPUUtilization", dimensions = { ReplicationGroupId = module.cache.cache.replication_group_id } }
      }
    },
  )

  balancer_dimensions = { LoadBalancer = module.load_balancer.load_balancer.arn_suffix }
  database_dimensions = { DBInstanceIdentifier = module.database.database.id }
}

module "alarms" {
  source = "../../terraform/alarms"

  name              = local.name
  kms_key_arn       = module.encryption.keys["messages"].arn
  has_on_call_topic = var.alarms.has_on_call_topic
  emails            = { critical = var.alarms.emails, warning = var.alarms.emails }
  publishers        = ["cloudwatch", "budgets", "cost_anomalies", "rds", "backup", "events"]
  alarms            = merge(local.basic_alarms, { for key, alarm in local.full_alarms : key => alarm if local.has_full_alarms })
}

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
}
