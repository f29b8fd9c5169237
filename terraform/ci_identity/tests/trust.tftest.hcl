mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  override_resource {
    target          = aws_iam_openid_connect_provider.github
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  name       = "study"
  repository = { owner = "example", owner_id = "1001", name = "app", id = "2002" }
  roles = {
    blue-plan = {
      github_environment = "blue-plan"
      description        = "Plans"
      policies           = { reads = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
      boundary           = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
    blue-apply = {
      github_environment = "blue"
      git_ref            = "refs/heads/main"
      description        = "Applies"
      policies           = { reads = "{\"Version\":\"2012-10-17\",\"Statement\":[]}", changes = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
      boundary           = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }
}

run "subjects_have_ids" {
  command = plan

  assert {
    condition = alltrue([
      for key, environment in { blue-plan = "blue-plan", blue-apply = "blue" } :
      one([for c in data.aws_iam_policy_document.trust[key].statement[0].condition : c.values if endswith(c.variable, ":sub")]) == tolist(["repo:example@1001/app@2002:environment:${environment}"])
    ])
    error_message = "The subject is one repository by name and id, and one environment."
  }

  assert {
    condition = alltrue(flatten([
      for trust in data.aws_iam_policy_document.trust : [
        for c in trust.statement[0].condition : c.test == "StringEquals" && length(c.values) == 1
      ]
    ])) && alltrue([for key, trust in data.aws_iam_policy_document.trust : length(trust.statement) == 1 && length(trust.statement[0].condition) == (key == "blue-apply" ? 3 : 2)])
    error_message = "Trust is equality on audience, subject and the ref where one is named, and nothing else."
  }

  assert {
    condition     = one([for c in data.aws_iam_policy_document.trust["blue-apply"].statement[0].condition : c.values if endswith(c.variable, ":ref")]) == tolist(["refs/heads/main"])
    error_message = "A role that names a ref lets in jobs of that ref only."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.job : role.path == "/ci/"]) && keys(aws_iam_role_policy_attachment.granted) == ["blue-apply/changes", "blue-apply/reads", "blue-plan/reads"]
    error_message = "Roles stand under /ci/, and each policy is attached to its role."
  }
}

run "the_older_form_has_none" {
  command = plan

  variables {
    repository = { owner = "example", owner_id = "1001", name = "app", id = "2002", has_ids_in_subject = false }
  }

  assert {
    condition     = one([for c in data.aws_iam_policy_document.trust["blue-apply"].statement[0].condition : c.values if endswith(c.variable, ":sub")]) == tolist(["repo:example/app:environment:blue"])
    error_message = "Without ids the subject is the older form."
  }
}

run "a_wildcard_is_refused" {
  command = plan

  variables {
    repository = { owner = "*", owner_id = "1001", name = "app", id = "2002" }
  }

  expect_failures = [var.repository]
}

run "an_id_is_a_number" {
  command = plan

  variables {
    repository = { owner = "example", owner_id = "", name = "app", id = "2002" }
  }

  expect_failures = [var.repository]
}

run "a_ref_is_one_ref" {
  command = plan

  variables {
    roles = {
      drift = { github_environment = "blue-drift", git_ref = "refs/heads/*", description = "Looks", policies = { reads = "{}" }, boundary = "{}" }
    }
  }

  expect_failures = [var.roles]
}

run "no_two_roles_trust_one_environment" {
  command = plan

  variables {
    roles = {
      plan  = { github_environment = "blue", description = "Plans", policies = { reads = "{}" }, boundary = "{}" }
      apply = { github_environment = "blue", description = "Applies", policies = { reads = "{}" }, boundary = "{}" }
    }
  }

  expect_failures = [var.roles]
}

run "a_policy_that_is_too_long_is_refused" {
  command = plan

  variables {
    roles = {
      plan = { github_environment = "blue", description = "Plans", policies = { reads = "[\"${join("", [for n in range(700) : "s3:GetObject"])}\"]" }, boundary = "{}" }
    }
  }

  expect_failures = [var.roles]
}
