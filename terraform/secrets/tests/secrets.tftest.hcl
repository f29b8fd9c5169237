# Terraform's mock providers know no ephemeral resources, so this is the real provider, with nothing to call: a plan of
# new secrets asks AWS nothing as long as none has a generated_length. That a generated value is written, and is in
# neither plan nor state, takes an apply against a real API.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "study-test"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
  secrets = {
    openai_api_key = { description = "given by the vendor" }
    cache_password = {
      description          = "cache"
      recovery_window_days = 0
      rotation             = { function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate" }
    }
  }
}

run "secrets_are_encrypted_and_can_be_restored" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.value["openai_api_key"].name == "study-test/openai-api-key"
    error_message = "A secret is named by prefix and key."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.value : secret.kms_key_id == var.kms_key_arn])
    error_message = "Every secret must be under the given key."
  }

  assert {
    condition     = aws_secretsmanager_secret.value["openai_api_key"].recovery_window_in_days == 30 && aws_secretsmanager_secret.value["cache_password"].recovery_window_in_days == 0
    error_message = "A deleted secret can be restored for 30 days unless told otherwise."
  }

  assert {
    condition     = length(aws_secretsmanager_secret_version.generated) == 0
    error_message = "A secret without generated_length stays empty until its value is put."
  }

  assert {
    condition     = keys(aws_secretsmanager_secret_rotation.scheduled) == ["cache_password"] && aws_secretsmanager_secret_rotation.scheduled["cache_password"].rotation_rules[0].automatically_after_days == 30
    error_message = "A secret with a rotation function rotates every 30 days unless told otherwise."
  }
}

run "generation_zero_is_refused" {
  command = plan

  variables {
    secrets = { key = { description = "x", generated_length = 32, generation = 0 } }
  }

  expect_failures = [var.secrets]
}

run "short_values_aliases_and_capitals_are_refused" {
  command = plan

  variables {
    name        = "Study"
    kms_key_arn = "alias/secrets"
    secrets     = { short = { description = "x", generated_length = 12 } }
  }

  expect_failures = [var.name, var.kms_key_arn, var.secrets]
}

run "a_recovery_window_of_a_day_is_refused" {
  command = plan

  variables {
    secrets = { key = { description = "x", recovery_window_days = 1 } }
  }

  expect_failures = [var.secrets]
}

run "yearly_rotation_is_refused" {
  command = plan

  variables {
    secrets = { key = { description = "x", rotation = { function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate", every_days = 365 } } }
  }

  expect_failures = [var.secrets]
}
