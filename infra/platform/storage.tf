locals {
  # Log delivery writes where it is told to; the bucket that receives logs does not log into itself.
  data_buckets = { for key, bucket in var.object_storage.buckets : key => bucket if key != "logs" }

  # The site is built from the repository; what users gave us is not.
  replicated_buckets = var.object_storage.has_backup_region_copies ? { for key, bucket in local.data_buckets : key => bucket if key != "web" } : {}
}

module "log_bucket" {
  source = "../../terraform/object_store"

  name            = "${local.name}-logs-${local.bucket_suffix}"
  lifecycle_rules = var.object_storage.buckets["logs"]
  receives        = ["load_balancer_logs", "access_logs", "cdn_logs", "firehose"]
  can_be_emptied  = var.environment.can_be_destroyed
}

module "buckets" {
  source   = "../../terraform/object_store"
  for_each = local.data_buckets

  name             = "${local.name}-${each.key}-${local.bucket_suffix}"
  kms_key_arn      = module.encryption.keys["objects"].arn
  lifecycle_rules  = each.value
  access_logs      = { bucket = module.log_bucket.log_destination.name, prefix = module.log_bucket.log_destination.prefixes["access_logs"] }
  can_be_emptied   = var.environment.can_be_destroyed
  policy_documents = each.key == "web" && local.has_edge ? [module.edge["cdn"].distribution.reader_policy_json] : []
  replication = contains(keys(local.replicated_buckets), each.key) ? {
    bucket_arn  = module.bucket_copies[each.key].replica.arn
    kms_key_arn = module.backup_region_encryption[var.environment.backup_region].keys["objects"].arn

    has_time_control = true
  } : null

  permissions_boundary_arn = local.boundary_arn
}

module "bucket_copies" {
  source    = "../../terraform/object_store"
  for_each  = local.replicated_buckets
  providers = { aws = aws.backup }

  name            = "${local.name}-${each.key}-copy-${var.environment.account_id}-${var.environment.backup_region}"
  kms_key_arn     = module.backup_region_encryption[var.environment.backup_region].keys["objects"].arn
  lifecycle_rules = each.value
  can_be_emptied  = var.environment.can_be_destroyed
}
