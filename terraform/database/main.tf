data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  identifier    = "${var.name}-database"
  port          = 5432
  engine_major  = split(".", var.engine_version)[0]
  exported_logs = ["postgresql", "upgrade"]

  # Keys "1", "2", ... are permanent: lowering the number removes the last
  # replica and leaves the others, and their endpoints, alone.
  replica_identifiers = { for number in range(1, var.read_replicas + 1) : tostring(number) => "${local.identifier}-replica-${number}" }
  instance_identifiers = merge(
    { primary = local.identifier },
    { for key, identifier in local.replica_identifiers : "replica-${key}" => identifier },
  )

  final_snapshot_identifier = "${local.identifier}-final-${substr(terraform_data.final_snapshot.id, 0, 8)}"
}

# A snapshot's name must be new each time a database is taken down and must not
# change between two plans. This resource's id is random, lives in the state, and
# is renewed together with everything that would replace the primary.
resource "terraform_data" "final_snapshot" {
  triggers_replace = [local.identifier, var.kms_key_arn, var.database_name, var.admin.name]
}

resource "aws_db_subnet_group" "isolated" {
  name        = local.identifier
  description = "Isolated subnets of ${local.identifier}: no route to or from the internet"
  subnet_ids  = var.network.isolated_subnet_ids
}

resource "aws_db_instance" "primary" {
  #checkov:skip=CKV_AWS_157:Multi-AZ is var.is_multi_az; an environment without users runs in one zone
  #checkov:skip=CKV_AWS_293:deletion protection is var.is_deletion_protected and on by default
  identifier = local.identifier

  engine                      = "postgres"
  engine_version              = var.engine_version
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = var.instance.allows_major_version_upgrade
  parameter_group_name        = aws_db_parameter_group.postgresql.name
  instance_class              = var.instance.class
  multi_az                    = var.is_multi_az

  storage_type          = "gp3"
  allocated_storage     = var.instance.storage_gib
  max_allocated_storage = var.instance.max_storage_gib
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_name  = var.database_name
  username = var.admin.name

  # One of the two, see admin.tf.
  manage_master_user_password   = local.is_password_rotated_by_rds ? true : null
  master_user_secret_kms_key_id = local.is_password_rotated_by_rds ? var.kms_key_arn : null
  password_wo                   = local.is_password_rotated_by_rds ? null : one(ephemeral.aws_secretsmanager_random_password.admin[*].random_password)
  password_wo_version           = local.is_password_rotated_by_rds ? null : var.admin.password_version

  iam_database_authentication_enabled = true

  db_subnet_group_name   = aws_db_subnet_group.isolated.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  port                   = local.port

  # Point-in-time recovery reaches back this many days.
  backup_retention_period  = var.backup.retention_days
  backup_window            = "03:00-04:00"
  maintenance_window       = "sun:05:00-sun:06:00"
  copy_tags_to_snapshot    = true
  delete_automated_backups = var.is_disposable
  apply_immediately        = var.is_disposable

  deletion_protection       = var.is_deletion_protected
  skip_final_snapshot       = var.is_disposable
  final_snapshot_identifier = var.is_disposable ? null : local.final_snapshot_identifier

  enabled_cloudwatch_logs_exports       = local.exported_logs
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7

  lifecycle {
    # Naming a certificate authority costs a second modification of every new
    # instance. The account's default has been a modern one since 2024; this
    # catches an account whose default was turned back.
    postcondition {
      condition     = !contains(["rds-ca-2015", "rds-ca-2019"], self.ca_cert_identifier)
      error_message = "This account's default RDS certificate authority is retired. Run: aws rds modify-certificates --certificate-identifier rds-ca-rsa2048-g1"
    }
  }

  # RDS would create the groups itself, without encryption or retention. The role
  # must be able to write before the first measurement is due.
  depends_on = [aws_cloudwatch_log_group.exported, aws_iam_role_policy_attachment.monitoring]
}
