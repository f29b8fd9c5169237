# Snapshots and transaction logs of an instance, copied as soon as RDS has them: any second of the retention can be restored
# here. RDS writes the logs away every five minutes, which is what a loss of the other region costs. Belongs to this region,
# not to the instance's: give the module the provider of the region that holds the copies.
resource "aws_db_instance_automated_backups_replication" "copies" {
  source_db_instance_arn = var.source_instance_arn
  kms_key_id             = var.kms_key_arn
  retention_period       = var.retention_days
}
