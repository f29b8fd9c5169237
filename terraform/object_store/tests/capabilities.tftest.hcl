# What a caller can switch on, and what no caller can switch off.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name        = "acme-uploads"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "is_private_versioned_and_encrypted_by_default" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.main.block_public_acls,
      aws_s3_bucket_public_access_block.main.block_public_policy,
      aws_s3_bucket_public_access_block.main.ignore_public_acls,
      aws_s3_bucket_public_access_block.main.restrict_public_buckets,
    ])
    error_message = "All four public access blocks must be on."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.main.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs must be off."
  }

  assert {
    condition     = aws_s3_bucket_versioning.main.versioning_configuration[0].status == "Enabled"
    error_message = "Versioning must be on."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.main.rule :
      rule.bucket_key_enabled
      && rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
      && rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
    ])
    error_message = "Objects must be encrypted with the caller's key and a bucket key."
  }

  assert {
    condition     = aws_s3_bucket.main.force_destroy == false
    error_message = "A bucket with data in it must not be destroyed unless the caller says so."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.main) == 0 && length(aws_s3_bucket_replication_configuration.main) == 0
    error_message = "Access logs and replication need a destination, so neither exists without one."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.main.rule : rule.id] == ["replaced-and-deleted-objects", "abandoned-uploads"]
    error_message = "Old versions and abandoned uploads must always go; current objects stay."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.bucket.statement : statement.sid => statement.effect
      } == {
      DenyPlainHttp      = "Deny"
      DenyOldTls         = "Deny"
      DenyOtherAccounts  = "Deny"
      DenyCallersOwnKeys = "Deny"
    }
    error_message = "A bucket that receives nothing must have denials only."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.bucket.statement : length(statement.condition) > 0
    ])
    error_message = "A denial without a condition would lock everyone out."
  }
}

run "moves_and_expires_objects" {
  command = plan

  variables {
    lifecycle_rules = {
      infrequent_access_after_days = 30
      glacier_after_days           = 60
      expire_after_days            = 365
    }
  }

  assert {
    condition = {
      for transition in aws_s3_bucket_lifecycle_configuration.main.rule[0].transition : transition.storage_class => transition.days
    } == { STANDARD_IA = 30, GLACIER = 60 }
    error_message = "Objects must move to STANDARD_IA and then to GLACIER."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.main.rule[0].expiration[0].days == 365
    error_message = "Objects must expire."
  }
}

run "logs_access_under_its_own_name" {
  command = plan

  variables {
    access_logs = { bucket = "acme-logs" }
  }

  assert {
    condition     = aws_s3_bucket_logging.main[0].target_bucket == "acme-logs" && aws_s3_bucket_logging.main[0].target_prefix == "access/acme-uploads/"
    error_message = "Access logs must land under <prefix>/<name>/ of the log bucket."
  }
}

run "log_bucket_admits_each_service_to_its_prefix" {
  command = plan

  variables {
    kms_key_arn    = null
    receives       = ["load_balancer_logs", "access_logs", "cdn_logs", "firehose"]
    can_be_emptied = true
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.bucket.statement :
      one(flatten(statement.principals[*].identifiers[*])) => one(statement.resources)
      if statement.effect != "Deny"
      } == {
      "logdelivery.elasticloadbalancing.amazonaws.com" = "arn:aws:s3:::acme-uploads/load-balancer/AWSLogs/123456789012/*"
      "logging.s3.amazonaws.com"                       = "arn:aws:s3:::acme-uploads/access/*"
      "delivery.logs.amazonaws.com"                    = "arn:aws:s3:::acme-uploads/cdn/*"
    }
    error_message = "Each service needs a statement of its own, for its own prefix."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.bucket.statement :
      contains(flatten(statement.condition[*].variable), "aws:SourceAccount")
      if contains(["DeliverAccessLogs", "DeliverCdnLogs"], statement.sid)
    ])
    error_message = "S3 and CloudFront logs must come from this account."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.main.rule :
      rule.apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    ])
    error_message = "AWS delivers these logs to SSE-S3 buckets only."
  }

  assert {
    condition     = output.log_destination.prefixes == { load_balancer_logs = "load-balancer", access_logs = "access", cdn_logs = "cdn", firehose = "archive" }
    error_message = "Producers learn their prefix from log_destination."
  }

  assert {
    condition     = aws_s3_bucket.main.force_destroy
    error_message = "can_be_emptied must reach the bucket."
  }
}

run "replicates_everything_re_encrypted" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/limits/acme"
    replication = {
      bucket_arn       = "arn:aws:s3:::acme-uploads-copy"
      kms_key_arn      = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-2222-2222-222222222222"
      has_time_control = true
    }
  }

  assert {
    condition = (
      one(aws_s3_bucket_replication_configuration.main[0].rule[0].destination[0].replication_time[*].time[0].minutes) == 15
      && one(aws_s3_bucket_replication_configuration.main[0].rule[0].destination[0].metrics[*].event_threshold[0].minutes) == 15
    )
    error_message = "Time control needs the metrics that tell whether it is kept."
  }

  assert {
    condition     = aws_iam_role.replication[0].permissions_boundary == "arn:aws:iam::123456789012:policy/limits/acme"
    error_message = "The role is within the limit that the caller sets."
  }

  assert {
    condition = (
      aws_s3_bucket_replication_configuration.main[0].rule[0].delete_marker_replication[0].status == "Enabled"
      && aws_s3_bucket_replication_configuration.main[0].rule[0].source_selection_criteria[0].sse_kms_encrypted_objects[0].status == "Enabled"
      && aws_s3_bucket_replication_configuration.main[0].rule[0].destination[0].encryption_configuration[0].replica_kms_key_id == var.replication.kms_key_arn
    )
    error_message = "Encrypted objects and delete markers must be copied, encrypted with the replica's key."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.replication[0].statement : statement.sid =>
      one([for condition in statement.condition : one(condition.values) if condition.variable == "kms:ViaService"])
      if startswith(statement.sid, "Decrypt") || startswith(statement.sid, "Encrypt")
    } == { DecryptOriginals = "s3.eu-west-1.amazonaws.com", EncryptReplicas = "s3.us-west-2.amazonaws.com" }
    error_message = "The role may use each key only through S3 in the key's own region."
  }

  assert {
    condition     = alltrue([for statement in data.aws_iam_policy_document.replication[0].statement : !contains(statement.resources, "*")])
    error_message = "The replication role must be held to the two buckets and the two keys."
  }
}
