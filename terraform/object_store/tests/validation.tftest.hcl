# Every refusal, so that a mistake is named before AWS is called.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name        = "acme-uploads"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "refuses_what_s3_refuses" {
  command         = plan
  expect_failures = [var.name, var.lifecycle_rules, var.receives]

  variables {
    name            = "acme.uploads"
    lifecycle_rules = { infrequent_access_after_days = 29 }
    receives        = ["trail_logs"]
  }
}

run "refuses_a_bucket_without_a_key" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    kms_key_arn = null
  }
}

run "refuses_a_key_where_logs_would_vanish" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    receives = ["load_balancer_logs"]
  }
}

run "refuses_tiers_too_close_together" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { infrequent_access_after_days = 30, glacier_after_days = 45 }
  }
}

run "refuses_to_expire_before_the_last_tier" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { glacier_after_days = 60, expire_after_days = 60 }
  }
}

run "refuses_half_a_day" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { expire_after_days = 1.5 }
  }
}

run "refuses_to_abort_uploads_at_once" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { abort_upload_after_days = 0 }
  }
}

run "refuses_a_name_too_long_for_its_replication_role" {
  command         = plan
  expect_failures = [var.replication]

  variables {
    name = "acme-uploads-of-a-department-with-a-name-beyond-the-limit"
    replication = {
      bucket_arn  = "arn:aws:s3:::copy"
      kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-2222-2222-222222222222"
    }
  }
}
