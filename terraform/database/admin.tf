# Two ways to hold the admin's password, neither of which lets it reach the state.
#
# RDS generates, stores and rotates it, every seven days: the better one where whoever
# signs in reads the secret each time, but AWS refuses to create a PostgreSQL read
# replica of a primary whose password RDS manages ("Creating read replicas for source
# instance ... where ManageMasterUserPassword is enabled is not supported"). With
# replicas, or for clients that read the secret once, the module therefore generates it,
# write-only, into a secret of the same shape {username, password}; raising
# admin.password_version rotates it.
locals {
  is_password_rotated_by_rds = var.admin.is_rotated_by_rds && var.read_replicas == 0

  admin_secret_arn = local.is_password_rotated_by_rds ? one(aws_db_instance.primary.master_user_secret[*].secret_arn) : one(aws_secretsmanager_secret_version.admin[*].arn)
}

ephemeral "aws_secretsmanager_random_password" "admin" {
  count = local.is_password_rotated_by_rds ? 0 : 1

  password_length     = 40
  exclude_punctuation = true # RDS refuses / @ " and space
}

resource "aws_secretsmanager_secret" "admin" {
  #checkov:skip=CKV2_AWS_57:made only where RDS cannot rotate it, or may not behind clients that read it once; admin.password_version rotates it
  count = local.is_password_rotated_by_rds ? 0 : 1

  name        = "${var.name}/database/admin"
  description = "Admin of ${local.identifier}, for migrations and emergencies. Services sign in with IAM."
  kms_key_id  = var.kms_key_arn

  # A disposable environment is made again under the same name, which a secret
  # waiting for its deletion would block.
  recovery_window_in_days = var.is_disposable ? 0 : 30
}

# Written after the primary has taken the password, from the same ephemeral value.
# The other order would leave a secret with a password that no database knows
# whenever the creation of the primary fails half way.
resource "aws_secretsmanager_secret_version" "admin" {
  count = local.is_password_rotated_by_rds ? 0 : 1

  secret_id                = aws_secretsmanager_secret.admin[0].id
  secret_string_wo         = jsonencode({ username = var.admin.name, password = one(ephemeral.aws_secretsmanager_random_password.admin[*].random_password) })
  secret_string_wo_version = var.admin.password_version

  lifecycle {
    # A new primary has a new password.
    replace_triggered_by = [aws_db_instance.primary.resource_id]
  }

  depends_on = [aws_db_instance.primary]
}
