resource "aws_db_instance" "replica" {
  #checkov:skip=CKV_AWS_133:a replica is made anew from the primary, whose backups are kept
  #checkov:skip=CKV_AWS_157:zones are covered by the number of replicas and by the primary's standby
  #checkov:skip=CKV_AWS_293:a replica holds nothing of its own; protected, read_replicas could not be lowered without unprotecting the primary
  for_each = local.replica_identifiers

  identifier          = each.value
  replicate_source_db = aws_db_instance.primary.identifier

  instance_class              = var.instance.class
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = var.instance.allows_major_version_upgrade
  parameter_group_name        = aws_db_parameter_group.postgresql.name

  # These three are inherited when the replica is created, not when the primary
  # changes later, so they are said again. The key and the size are the primary's.
  storage_type          = "gp3"
  storage_encrypted     = true
  max_allocated_storage = var.instance.max_storage_gib

  iam_database_authentication_enabled = true
  vpc_security_group_ids              = [aws_security_group.database.id]
  publicly_accessible                 = false
  port                                = local.port

  # RDS chooses the maintenance window: it can only be set by a modification right
  # after the creation, which doubles the time a new replica takes.
  copy_tags_to_snapshot = true
  apply_immediately     = var.is_disposable
  skip_final_snapshot   = true

  enabled_cloudwatch_logs_exports       = local.exported_logs
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7

  depends_on = [aws_cloudwatch_log_group.exported, aws_iam_role_policy_attachment.monitoring]
}
