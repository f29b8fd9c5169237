locals {
  # Prefix of every name. Buckets live in a namespace shared by all accounts, so they carry account and region too.
  name          = "${var.environment.project}-${var.environment.name}"
  bucket_suffix = "${var.environment.account_id}-${var.environment.region}"

  has_edge         = var.edge != null
  has_full_alarms  = var.alarms.level == "full"
  retention_days   = var.logs.retention_days
  logs             = { retention_days = local.retention_days, kms_key_arn = module.encryption.keys["logs"].arn }
  has_second_home  = var.object_storage.has_backup_region_copies || var.database.has_backup_region_copies
  backup_home      = local.has_second_home ? { (var.environment.backup_region) = true } : {}
  workload_network = { vpc_id = module.network.network.vpc_id, private_subnet_ids = module.network.network.private_subnet_ids }
  isolated_network = { vpc_id = module.network.network.vpc_id, isolated_subnet_ids = module.network.network.isolated_subnet_ids }
}
