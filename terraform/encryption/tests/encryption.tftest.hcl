mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name = "study-test"
  keys = {
    data     = { description = "volumes", used_by = ["autoscaling"] }
    logs     = { description = "log groups", used_by = ["logs"] }
    messages = { description = "topics", used_by = ["budgets", "cloudwatch", "cost_anomaly", "events", "rds_events", "s3", "sns"] }
    objects  = { description = "buckets", used_by = ["cloudfront", "log_delivery"] }
    secrets  = { description = "secrets" }
  }
}

run "keys_and_their_policies" {
  command = plan

  assert {
    condition     = keys(aws_kms_key.class) == ["data", "logs", "messages", "objects", "secrets"] && alltrue([for key in aws_kms_key.class : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "Each class has a key of its own that rotates and takes 30 days to delete."
  }

  assert {
    condition     = aws_kms_alias.class["data"].name == "alias/study-test-data"
    error_message = "The alias is the prefix and the class."
  }

  assert {
    condition     = data.aws_iam_policy_document.key["secrets"].statement[*].sid == tolist(["AccountDecidesByIam"])
    error_message = "Without used_by only the account's own IAM policies decide."
  }

  assert {
    condition = alltrue(flatten([
      for document in data.aws_iam_policy_document.key : [
        for statement in document.statement :
        anytrue([for condition in statement.condition : anytrue([for value in condition.values : strcontains(value, "123456789012")])])
        if statement.sid != "AccountDecidesByIam"
      ]
    ]))
    error_message = "A statement for a service must carry a condition that names this account."
  }

  assert {
    condition     = toset(one([for s in data.aws_iam_policy_document.key["objects"].statement : s.actions if s.sid == "UseCloudfront"])) == toset(["kms:Decrypt"])
    error_message = "CloudFront reads."
  }

  assert {
    condition     = one(one([for s in data.aws_iam_policy_document.key["logs"].statement : s.principals if s.sid == "UseLogs"])).identifiers == toset(["logs.eu-west-1.amazonaws.com"])
    error_message = "CloudWatch Logs is known by its regional name."
  }

  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.key["messages"].statement : length(setsubtract(s.actions, ["kms:Decrypt", "kms:GenerateDataKey*"])) == 0 if s.sid != "AccountDecidesByIam"])
    error_message = "Publishers encrypt and decrypt data keys and manage nothing."
  }

  assert {
    condition     = contains(one([for s in data.aws_iam_policy_document.key["data"].statement : s.condition[*].variable if contains(s.actions, "kms:CreateGrant")]), "kms:GrantIsForAWSResource")
    error_message = "Auto Scaling may grant the key to AWS resources only."
  }

  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.key["data"].statement : contains(s.condition[*].variable, "aws:PrincipalArn") if contains(flatten(s.principals[*].identifiers[*]), "*")])
    error_message = "A wildcard principal must be narrowed to one role."
  }
}

run "a_service_that_acts_for_its_caller_is_refused" {
  command = plan

  variables {
    name = "Study"
    keys = { data = { description = "database", used_by = ["rds"] } }
  }

  expect_failures = [var.name, var.keys]
}

run "quick_deletion_is_refused" {
  command = plan

  variables {
    keys = { data = { description = "database", deletion_window_days = 3 } }
  }

  expect_failures = [var.keys]
}

run "a_class_name_that_no_alias_can_hold_is_refused" {
  command = plan

  variables {
    keys = { "Data Class" = { description = "database" } }
  }

  expect_failures = [var.keys]
}
