mock_provider "aws" {}

# Its statements are under test; the rendered JSON only has to be valid.
override_data {
  target = data.aws_iam_policy_document.vault
  values = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}

variables {
  name        = "study-test"
  kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "is_encrypted_and_closed_by_default" {
  command = plan

  assert {
    condition     = aws_backup_vault.protected.kms_key_arn == var.kms_key_arn
    error_message = "The vault must use the given key."
  }

  assert {
    condition     = aws_backup_vault.protected.force_destroy == false
    error_message = "A vault with recovery points must not be destroyable by default."
  }

  assert {
    condition = alltrue([
      data.aws_iam_policy_document.vault.statement[0].effect == "Deny",
      contains(data.aws_iam_policy_document.vault.statement[0].actions, "backup:DeleteRecoveryPoint"),
      contains(data.aws_iam_policy_document.vault.statement[0].actions, "backup:UpdateRecoveryPointLifecycle"),
      !contains(data.aws_iam_policy_document.vault.statement[0].actions, "backup:PutBackupVaultAccessPolicy"),
    ])
    error_message = "The policy must deny deletion of recovery points and must not lock its own owner out."
  }

  assert {
    condition     = length(aws_backup_vault_lock_configuration.protected) == 0
    error_message = "A lock is a decision, never a default."
  }
}

run "governance_lock_on_a_disposable_vault" {
  command = plan

  variables {
    lock          = { min_retention_days = 7, max_retention_days = 35 }
    is_disposable = true
  }

  assert {
    condition     = aws_backup_vault_lock_configuration.protected[0].min_retention_days == 7 && aws_backup_vault_lock_configuration.protected[0].changeable_for_days == null
    error_message = "Without changeable_for_days the lock must stay a governance lock."
  }

  assert {
    condition     = aws_backup_vault.protected.force_destroy
    error_message = "is_disposable must allow the vault to be emptied on destroy."
  }
}

run "refuses_a_lock_that_cannot_hold" {
  command = plan

  variables {
    lock        = { min_retention_days = 30, max_retention_days = 7 }
    kms_key_arn = "alias/study-data"
    name        = "a-name-that-is-far-too-long-for-a-backup-vault-to-carry"
  }

  expect_failures = [var.lock, var.kms_key_arn, var.name]
}

run "refuses_a_disposable_compliance_lock" {
  command = plan

  variables {
    is_disposable = true
    lock          = { min_retention_days = 7, changeable_for_days = 3 }
  }

  expect_failures = [var.is_disposable]
}

run "refuses_a_short_grace_time" {
  command = plan

  variables {
    lock = { min_retention_days = 7, changeable_for_days = 1 }
  }

  expect_failures = [var.lock]
}
