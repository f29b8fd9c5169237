mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

mock_provider "aws" {
  alias = "backup"
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  account      = { id = "111111111111", region = "us-east-1", project = "study", owner = "platform", cost_center = "study" }
  environments = { staging = { backup_region = "us-west-2", has_copies = false } }
  pipeline = {
    repository = { owner = "example", owner_id = "1001", name = "study", id = "2002" }
    promotions = { prod = "staging" }
  }
}

run "another_account_reads_what_it_promotes_from_here" {
  command = plan

  assert {
    condition     = keys(local.roles) == ["prod-source", "staging-apply", "staging-drift", "staging-plan"]
    error_message = "Each environment has its roles, and who promotes from here and lives elsewhere has one that reads."
  }

  assert {
    condition     = local.roles["prod-source"].github_environment == "prod" && local.roles["prod-source"].git_ref == "refs/heads/main"
    error_message = "It lets in the jobs that promote, of main."
  }

  assert {
    condition = toset(flatten([for s in jsondecode(one(values(local.roles["prod-source"].policies))).Statement : s.Action])) == toset([
      "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "kms:Decrypt", "s3:GetObject", "s3:ListBucket"
    ])
    error_message = "It reads the ledger and the images, and nothing else."
  }
}

run "in_one_account_nobody_needs_a_second_identity" {
  command = plan

  variables {
    environments = {
      prod    = { backup_region = "us-west-2", has_copies = false }
      staging = { backup_region = "us-west-2", has_copies = false }
    }
  }

  assert {
    condition     = !contains(keys(local.roles), "prod-source") && local.sources.prod == "staging"
    error_message = "The role that applies reads what it promotes."
  }

  assert {
    condition     = alltrue([for key, role in local.roles : role.git_ref == "refs/heads/main" if !endswith(key, "-plan")])
    error_message = "Nobody but who plans for pull requests lets in another branch than main."
  }
}
