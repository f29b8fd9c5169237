mock_provider "aws" {}

variables {
  name         = "study-test"
  kms_key_arn  = "arn:aws:kms:eu-west-1:123456789012:key/objects"
  repositories = ["api", "outbox_relay"]
}

run "images_are_scanned_encrypted_and_final" {
  command = plan

  assert {
    condition     = keys(aws_ecr_repository.images) == ["api", "outbox_relay"] && aws_ecr_repository.images["outbox_relay"].name == "study-test/outbox_relay"
    error_message = "One repository each, named by prefix and key."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.images : repository.image_tag_mutability == "IMMUTABLE" && !repository.force_delete])
    error_message = "Tags are final, and a repository with images is not deleted unasked."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.images : repository.image_scanning_configuration[0].scan_on_push])
    error_message = "Every pushed image must be scanned."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.images : repository.encryption_configuration[0].encryption_type == "KMS" && repository.encryption_configuration[0].kms_key == var.kms_key_arn])
    error_message = "Images must be under the given key."
  }

  assert {
    condition     = alltrue([for lifecycle in aws_ecr_lifecycle_policy.images : jsondecode(lifecycle.policy).rules[1].selection.countNumber == 50])
    error_message = "The newest 50 images are kept unless told otherwise."
  }
}

run "throw_away_environments_may_be_emptied" {
  command = plan

  variables {
    keep_images    = 10
    can_be_emptied = true
  }

  assert {
    condition     = aws_ecr_repository.images["api"].force_delete && jsondecode(aws_ecr_lifecycle_policy.images["api"].policy).rules[1].selection.countNumber == 10
    error_message = "can_be_emptied and keep_images must reach every repository."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    name         = "-study"
    kms_key_arn  = "alias/objects"
    repositories = ["API"]
    keep_images  = 1
  }

  expect_failures = [var.name, var.kms_key_arn, var.repositories, var.keep_images]
}
