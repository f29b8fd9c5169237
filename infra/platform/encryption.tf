# One key a class of data, so that access to one says nothing about the others.
module "encryption" {
  source = "../../terraform/encryption"

  name = local.name
  keys = {
    data     = { description = "Databases, cache, volumes and their backups" }
    objects  = { description = "Objects in buckets" }
    messages = { description = "Queues and notification topics" }
    secrets  = { description = "Generated credentials" }
    logs     = { description = "Logs of every service" }
  }
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
