# Everything that remembers. Each admits the workloads by their security groups and nobody else.
locals {
  client_group_ids = { for key, workload in module.services : replace(key, "_", "-") => workload.security_group_id }
  vector_clients   = { for key, workload in local.workloads : replace(key, "_", "-") => module.services[key].security_group_id if workload.uses_vector }
  events_topic     = { arn = module.alarms.topic_arns["warning"] }
}

module "queues" {
  source   = "../../terraform/queue"
  for_each = var.queues

  name        = "${local.name}-${replace(each.key, "_", "-")}"
  kms_key_arn = module.encryption.keys["messages"].arn
  delivery    = each.value
}

module "cache" {
  source = "../../terraform/cache"

  name                    = local.name
  network                 = local.isolated_network
  kms_key_arn             = module.encryption.keys["data"].arn
  node_type               = var.cache.node_type
  replicas                = var.cache.replicas
  snapshot_retention_days = var.cache.snapshot_retention_days
  clients                 = local.client_group_ids
  logs                    = local.logs
  is_disposable           = var.environment.can_be_destroyed
}

module "database" {
  source = "../../terraform/database"

  name           = local.name
  network        = local.isolated_network
  kms_key_arn    = module.encryption.keys["data"].arn
  engine_version = var.database.engine_version
  is_multi_az    = var.database.is_multi_az
  read_replicas  = var.database.read_replicas
  clients        = local.client_group_ids
  logs           = local.logs
  events_topic   = local.events_topic
  is_disposable  = var.environment.can_be_destroyed

  is_deletion_protected = var.database.is_deletion_protected

  # ECS reads the password when a task starts (runtime.tf), and no task would hear of the next one.
  admin = { is_rotated_by_rds = false }

  instance = {
    class           = var.database.instance_class
    storage_gib     = var.database.storage_gib
    max_storage_gib = var.database.max_storage_gib
  }

  backup = {
    retention_days = var.database.backup_retention_days
    copy_vault     = var.database.has_backup_region_copies ? module.backup_region_vault[var.environment.backup_region].vault : null
  }

  permissions_boundary_arn = local.boundary_arn
}

module "backup_region_vault" {
  source    = "../../terraform/backup_vault"
  for_each  = var.database.has_backup_region_copies ? local.backup_home : {}
  providers = { aws = aws.backup }

  name          = "${local.name}-copies"
  kms_key_arn   = module.backup_region_encryption[each.key].keys["data"].arn
  is_disposable = var.environment.can_be_destroyed
}

module "database_backups" {
  source    = "../../terraform/database_backups"
  for_each  = var.database.has_backup_region_copies ? local.backup_home : {}
  providers = { aws = aws.backup }

  source_instance_arn = module.database.database.arn
  kms_key_arn         = module.backup_region_encryption[each.key].keys["data"].arn
  retention_days      = var.database.backup_retention_days
}

module "vector_db" {
  source = "../../terraform/vector_db"

  name                    = local.name
  network                 = { vpc_id = module.network.network.vpc_id, private_subnets = module.network.network.private_subnets }
  namespace               = module.cluster.cluster.namespace
  kms_key_arn             = module.encryption.keys["data"].arn
  api_key                 = { secret_arn = module.secrets.secrets["qdrant_api_key"].arn, kms_key_arn = module.encryption.keys["secrets"].arn }
  instance_type           = var.vector_database.instance_type
  volume                  = { size_gib = var.vector_database.volume_gib }
  snapshot_retention_days = var.vector_database.snapshot_retention_days
  qdrant                  = { version = var.vector_database.qdrant_version }
  clients                 = local.vector_clients
  is_disposable           = var.environment.can_be_destroyed

  permissions_boundary_arn = local.boundary_arn
}
