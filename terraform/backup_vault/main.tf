# The vault outlives what it protects: whoever can delete a database must not be
# able to delete its recovery points with the same rights.
resource "aws_backup_vault" "protected" {
  name        = "${var.name}-backups"
  kms_key_arn = var.kms_key_arn

  force_destroy = var.is_disposable
}

data "aws_iam_policy_document" "vault" {
  # Expiry by lifecycle is done by the service itself and is not touched by this
  # policy. Changing the policy stays possible on purpose: a policy nobody may
  # change is a lock, and locks are var.lock's business.
  statement {
    sid       = "NobodyDeletesOrShortensRecoveryPoints"
    effect    = "Deny"
    actions   = ["backup:DeleteRecoveryPoint", "backup:DisassociateRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_backup_vault_policy" "protected" {
  backup_vault_name = aws_backup_vault.protected.name
  policy            = data.aws_iam_policy_document.vault.json
}

resource "aws_backup_vault_lock_configuration" "protected" {
  count = var.lock == null ? 0 : 1

  backup_vault_name   = aws_backup_vault.protected.name
  min_retention_days  = var.lock.min_retention_days
  max_retention_days  = var.lock.max_retention_days
  changeable_for_days = var.lock.changeable_for_days
}
