# Terraform's mock providers know no ephemeral resources, so this is the real provider
# with nothing to call: a plan of new resources asks AWS nothing. Drawing a password
# would, so what read_replicas > 0 makes is planned and applied with the composition.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name        = "study-test"
  network     = { vpc_id = "vpc-1", isolated_subnet_ids = ["subnet-1", "subnet-2"] }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  instance    = { class = "db.t4g.medium", storage_gib = 20, max_storage_gib = 100 }
  backup      = { retention_days = 7 }
  clients     = { api = "sg-1", outbox_relay = "sg-2" }
  logs        = { retention_days = 30, kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555" }
}

run "is_secure_by_default" {
  command = plan

  assert {
    condition = alltrue([
      aws_db_instance.primary.storage_encrypted,
      aws_db_instance.primary.kms_key_id == var.kms_key_arn,
      !aws_db_instance.primary.publicly_accessible,
      aws_db_instance.primary.iam_database_authentication_enabled,
      aws_db_instance.primary.copy_tags_to_snapshot,
      aws_db_instance.primary.auto_minor_version_upgrade,
      aws_db_instance.primary.performance_insights_enabled,
      aws_db_instance.primary.performance_insights_kms_key_id == var.kms_key_arn,
      aws_db_instance.primary.monitoring_interval == 60,
      aws_db_instance.primary.backup_retention_period == 7,
      toset(aws_db_instance.primary.enabled_cloudwatch_logs_exports) == toset(["postgresql", "upgrade"]),
    ])
    error_message = "Every mandatory control must hold without an input asking for it."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.postgresql.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1" && aws_db_parameter_group.postgresql.family == "postgres16"
    error_message = "Connections without TLS must be refused."
  }

  assert {
    condition     = !contains(["admin", "postgres"], aws_db_instance.primary.username)
    error_message = "The admin must not carry a name that everybody guesses."
  }

  assert {
    condition     = aws_db_instance.primary.deletion_protection && !aws_db_instance.primary.skip_final_snapshot && !aws_db_instance.primary.delete_automated_backups
    error_message = "Unless told otherwise the data must survive the database."
  }

  assert {
    condition     = aws_db_instance.primary.manage_master_user_password && aws_db_instance.primary.master_user_secret_kms_key_id == var.kms_key_arn && length(aws_secretsmanager_secret.admin) == 0
    error_message = "RDS must generate and rotate the password under the given key."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.client) == ["api", "outbox_relay"] && alltrue([for rule in aws_vpc_security_group_ingress_rule.client : rule.cidr_ipv4 == null && rule.from_port == 5432 && rule.to_port == 5432 && rule.description != null])
    error_message = "There must be one described rule a client, from its security group."
  }
}

run "standby_copies_and_events_are_one_switch_each" {
  command = plan

  variables {
    is_multi_az  = true
    backup       = { retention_days = 30, copy_vault = { arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:study-test-backups", kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/copies" } }
    events_topic = { arn = "arn:aws:sns:us-east-1:123456789012:warning" }
  }

  assert {
    condition     = length(aws_db_instance.replica) == 0 && aws_db_instance.primary.multi_az && length(aws_cloudwatch_log_group.exported) == 2
    error_message = "A standby is not a replica, and each instance has its two log groups."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.exported : group.kms_key_id == var.logs.kms_key_arn && group.retention_in_days == 30]) && aws_cloudwatch_log_group.exported["primary/postgresql"].name == "/aws/rds/instance/study-test-database/postgresql"
    error_message = "Log groups must be encrypted, bounded, and named as RDS names them."
  }

  assert {
    condition     = one(aws_backup_plan.daily.rule).lifecycle[0].delete_after == 30 && one(one(aws_backup_plan.daily.rule).copy_action).destination_vault_arn == "arn:aws:backup:us-west-2:123456789012:backup-vault:study-test-backups"
    error_message = "Snapshots must be kept and copied for as long as asked."
  }

  assert {
    condition     = !one(aws_backup_plan.daily.rule).enable_continuous_backup
    error_message = "AWS Backup must take the primary's snapshots and leave point-in-time recovery to RDS."
  }

  assert {
    condition     = keys(aws_db_event_subscription.operations) == ["db-instance", "db-parameter-group", "db-security-group"] && contains(aws_db_event_subscription.operations["db-instance"].event_categories, "failover")
    error_message = "Instance, parameter group and security group events must be subscribed to."
  }
}

run "disposable_leaves_nothing" {
  command = plan

  variables {
    is_deletion_protected = false
    is_disposable         = true
  }

  assert {
    condition     = !aws_db_instance.primary.deletion_protection && aws_db_instance.primary.skip_final_snapshot && aws_db_instance.primary.delete_automated_backups && aws_db_instance.primary.apply_immediately
    error_message = "A disposable database must go without a trace."
  }
}

run "lifting_the_protection_does_not_give_up_the_data" {
  command = plan

  variables {
    is_deletion_protected = false
  }

  assert {
    condition     = !aws_db_instance.primary.deletion_protection && !aws_db_instance.primary.skip_final_snapshot
    error_message = "Taking a protected database down needs the protection lifted first; that step must not skip the last snapshot."
  }
}

run "refuses_what_aws_would_refuse_later" {
  command = plan

  variables {
    admin          = { name = "postgres" }
    instance       = { class = "db.t4g.micro", storage_gib = 20, max_storage_gib = 100 }
    backup         = { retention_days = 3 }
    network        = { vpc_id = "vpc-1", isolated_subnet_ids = ["subnet-1"] }
    read_replicas  = 16
    engine_version = "12"
    name           = "Study_Test"
    database_name  = "app-db"
  }

  expect_failures = [var.admin, var.instance, var.backup, var.network, var.read_replicas, var.engine_version, var.name, var.database_name]
}

run "refuses_storage_that_cannot_grow" {
  command = plan

  variables {
    instance = { class = "db.t4g.medium", storage_gib = 100, max_storage_gib = 100 }
  }

  expect_failures = [var.instance]
}
