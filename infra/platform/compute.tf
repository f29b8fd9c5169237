module "registry" {
  source = "../../terraform/registry"

  name           = local.name
  kms_key_arn    = module.encryption.keys["objects"].arn
  repositories   = ["app"]
  can_be_emptied = var.environment.can_be_destroyed
}

module "cluster" {
  source = "../../terraform/cluster"

  name                   = local.name
  vpc_id                 = module.network.network.vpc_id
  has_container_insights = var.cluster.has_container_insights
  logs                   = local.logs
}

module "services" {
  source   = "../../terraform/service"
  for_each = local.workloads

  name    = "${local.name}-${replace(each.key, "_", "-")}"
  cluster = module.cluster.cluster
  network = local.workload_network
  # Where more than one task must run, one is not on Spot: a shortage of Spot must not stop the work altogether.
  capacity = {
    kind           = var.services[each.key].capacity
    on_demand_base = var.services[each.key].capacity == "spot" && var.services[each.key].scaling.min > 1 ? 1 : 0
  }
  rollout     = each.value.is_single ? { minimum_healthy_percent = 0, maximum_percent = 100 } : {}
  permissions = { workload = data.aws_iam_policy_document.workload[each.key].json }
  has_exec    = var.cluster.has_exec
  collector   = local.collectors[each.key]
  exporters   = local.exporters

  container = {
    image          = "${module.registry.repositories["app"].url}@${var.first_image_digest}"
    repository_arn = module.registry.repositories["app"].arn
    command        = [replace(each.key, "_", "-")]
    port           = each.value.port
    cpu            = var.services[each.key].cpu
    memory_mib     = var.services[each.key].memory_mib
    environment    = merge(local.shared_environment, { LOG_LEVEL = var.services[each.key].log_level, SERVICE_ROLE = replace(each.key, "_", "-") })
    secrets        = local.shared_secrets
    logs           = local.logs
  }

  scaling = {
    min            = var.services[each.key].scaling.min
    max            = var.services[each.key].scaling.max
    cpu_percent    = var.services[each.key].scaling.cpu_percent
    memory_percent = var.services[each.key].scaling.memory_percent
    schedules      = { for key, schedule in var.services[each.key].scaling.schedules : key => { expression = "cron(${schedule.cron})", timezone = schedule.timezone, min = schedule.min, max = schedule.max } }
    backlog = each.value.consumes == null || var.services[each.key].scaling.backlog_per_task == null ? null : {
      queue_name        = module.queues[each.value.consumes].queue.name
      messages_per_task = var.services[each.key].scaling.backlog_per_task
    }
  }

  load_balancer = each.value.port == null ? null : {
    arn_suffix        = module.load_balancer.load_balancer.arn_suffix
    security_group_id = module.load_balancer.load_balancer.security_group_id
    target_group      = module.load_balancer.load_balancer.target_groups[each.key]
  }

  egress = merge(
    {
      https    = { description = "HTTPS to AWS and to model providers", port = 443, cidr = "0.0.0.0/0" }
      postgres = { description = "PostgreSQL", port = module.database.database.port, security_group_id = module.database.database.security_group_id }
      cache    = { description = "Valkey over TLS", port = module.cache.cache.port, security_group_id = module.cache.cache.security_group_id }
    },
    each.value.uses_vector ? {
      qdrant = { description = "Qdrant over TLS", port = module.vector_db.vector_db.port, security_group_id = module.vector_db.vector_db.security_group_id }
    } : {},
  )

  permissions_boundary_arn = local.boundary_arn
}
