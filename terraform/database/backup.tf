# Point-in-time recovery is RDS's own (backup_retention_period). AWS Backup keeps
# daily snapshots beside it, in a vault from which they cannot be deleted along
# with the instance, and copies them to another region. It must not take over
# continuous backup too: it would then rewrite the instance's retention and window.
module "vault" {
  source = "../backup_vault"

  name          = local.identifier
  kms_key_arn   = var.kms_key_arn
  is_disposable = var.is_disposable
}

resource "aws_backup_plan" "daily" {
  name = local.identifier

  rule {
    rule_name                = "daily"
    target_vault_name        = module.vault.vault.name
    schedule                 = "cron(0 8 * * ? *)" # UTC; clear of the instance's own windows
    start_window             = 60                  # minutes
    completion_window        = 360                 # minutes
    enable_continuous_backup = false

    lifecycle {
      delete_after = var.backup.retention_days
    }

    dynamic "copy_action" {
      for_each = var.backup.copy_vault[*]

      content {
        destination_vault_arn = copy_action.value.arn

        lifecycle {
          delete_after = var.backup.retention_days
        }
      }
    }
  }
}

# No aws:SourceAccount here: AWS Backup does not document that it sends it when it
# assumes a role, and a backup that silently stops is worse. iam:PassRole already
# keeps the role inside the account.
data "aws_iam_policy_document" "backup_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name                 = "${local.identifier}-backup"
  description          = "Lets AWS Backup snapshot ${local.identifier} and copy the snapshots"
  assume_role_policy   = data.aws_iam_policy_document.backup_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "backup" {
  name   = "snapshots"
  role   = aws_iam_role.backup.id
  policy = data.aws_iam_policy_document.backup.json
}

# What AWSBackupServiceRolePolicyForBackup says of snapshots of one RDS instance, and
# no more: the policy itself is about every service whose backups AWS Backup can take.
data "aws_iam_policy_document" "backup" {
  statement {
    sid       = "SeeInstanceAndSnapshots"
    actions   = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"]
    resources = [aws_db_instance.primary.arn, local.snapshot_arns]
  }

  statement {
    sid       = "SnapshotInstance"
    actions   = ["rds:CreateDBSnapshot"]
    resources = [aws_db_instance.primary.arn, local.backup_snapshot_arns]
  }

  statement {
    sid       = "CopyTagAndExpireOwnSnapshots"
    actions   = ["rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:DeleteDBSnapshot"]
    resources = [local.backup_snapshot_arns]
  }

  statement {
    sid       = "FillVaults"
    actions   = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
    resources = concat([module.vault.vault.arn], var.backup.copy_vault[*].arn)
  }

  # RDS's recovery points are its snapshots.
  dynamic "statement" {
    for_each = var.backup.copy_vault[*]

    content {
      sid       = "CopyOwnSnapshotsFromVault"
      actions   = ["backup:CopyFromBackupVault"]
      resources = [local.backup_snapshot_arns]
    }
  }

  # RDS asks for the grants that let it read and write what is encrypted. A copy is
  # encrypted with its vault's key.
  statement {
    sid       = "GrantKeysToRDS"
    actions   = ["kms:CreateGrant"]
    resources = local.backup_key_arns

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }

  statement {
    sid       = "SeeKeys"
    actions   = ["kms:DescribeKey"]
    resources = local.backup_key_arns
  }
}

locals {
  # A copy lies in its vault's region, so the region is open.
  snapshot_arns        = "arn:${data.aws_partition.current.partition}:rds:*:${data.aws_caller_identity.current.account_id}:snapshot:*"
  backup_snapshot_arns = "${trimsuffix(local.snapshot_arns, "*")}awsbackup:*"
  backup_key_arns      = concat([var.kms_key_arn], var.backup.copy_vault[*].kms_key_arn)
}

resource "aws_backup_selection" "primary" {
  name         = local.identifier
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_db_instance.primary.arn]
}
