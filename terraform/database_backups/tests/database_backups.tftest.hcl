mock_provider "aws" {}

variables {
  source_instance_arn = "arn:aws:rds:eu-central-1:111122223333:db:study-blue"
  kms_key_arn         = "arn:aws:kms:eu-west-1:111122223333:key/data"
}

run "copies_are_encrypted_here_and_kept" {
  command = plan

  assert {
    condition = (
      aws_db_instance_automated_backups_replication.copies.source_db_instance_arn == "arn:aws:rds:eu-central-1:111122223333:db:study-blue" &&
      aws_db_instance_automated_backups_replication.copies.kms_key_id == "arn:aws:kms:eu-west-1:111122223333:key/data" &&
      aws_db_instance_automated_backups_replication.copies.retention_period == 30
    )
    error_message = "The instance's backups are copied under a key of this region, for thirty days."
  }
}

run "refuses_a_key_of_the_lost_region" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/data" }
  expect_failures = [var.kms_key_arn]
}

run "refuses_what_rds_does_not_copy" {
  command = plan
  variables {
    source_instance_arn = "arn:aws:rds:eu-central-1:111122223333:cluster:study-blue"
    retention_days      = 36
  }
  expect_failures = [var.source_instance_arn, var.retention_days]
}
