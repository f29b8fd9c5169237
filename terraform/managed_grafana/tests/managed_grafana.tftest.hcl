mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/study-blue-grafana" }
  }
}

variables {
  name   = "study-blue"
  groups = { admin = ["01234567-89ab-cdef-0123-456789abcdef"] }
}

run "it_reads_metrics_and_nothing_else" {
  assert {
    condition     = aws_grafana_workspace.main.permission_type == "CUSTOMER_MANAGED" && aws_grafana_workspace.main.data_sources == tolist(["CLOUDWATCH"]) && aws_grafana_workspace.main.authentication_providers == tolist(["AWS_SSO"])
    error_message = "Our own role, CloudWatch only, entered through Identity Center."
  }
  assert {
    condition     = [for statement in data.aws_iam_policy_document.reads.statement : statement.sid] == ["ReadMetrics"]
    error_message = "What was not asked for cannot be read."
  }
  assert {
    condition     = { for condition in data.aws_iam_policy_document.trust.statement[0].condition : condition.variable => one(condition.values) } == { "aws:SourceAccount" = "111122223333", "aws:SourceArn" = "arn:aws:grafana:eu-central-1:111122223333:/workspaces/*" }
    error_message = "Only workspaces of this account may take the role."
  }
  assert {
    condition     = keys(aws_grafana_role_association.groups) == ["admin"] && aws_grafana_role_association.groups["admin"].role == "ADMIN"
    error_message = "Only roles that have groups are given."
  }
}

run "its_role_names_the_workspace" {
  command = plan
  variables {
    prometheus = { workspace_arn = "arn:aws:aps:eu-central-1:111122223333:workspace/ws-1" }
    has_traces = true

    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/limits/study-blue"
  }

  assert {
    condition     = aws_iam_role.workspace.permissions_boundary == "arn:aws:iam::111122223333:policy/limits/study-blue"
    error_message = "The role is within the limit that the caller sets."
  }

  assert {
    condition     = { for statement in data.aws_iam_policy_document.reads.statement : statement.sid => one(statement.resources) } == { ReadMetrics = "*", QueryWorkspace = "arn:aws:aps:eu-central-1:111122223333:workspace/ws-1", ReadTraces = "*" }
    error_message = "Of Prometheus one workspace; the others know no resources."
  }
  assert {
    condition     = aws_grafana_workspace.main.data_sources == tolist(["CLOUDWATCH", "PROMETHEUS", "XRAY"])
    error_message = "The workspace is told of what its role may read."
  }
}

run "refuses_a_workspace_that_nobody_can_enter" {
  command = plan
  variables {
    name            = "study_blue"
    grafana_version = "11"
    groups          = { admin = [] }
  }
  expect_failures = [var.name, var.grafana_version, var.groups]
}

run "refuses_a_group_with_two_roles" {
  command = plan
  variables { groups = { admin = ["01234567-89ab-cdef-0123-456789abcdef"], viewer = ["01234567-89ab-cdef-0123-456789abcdef"] } }
  expect_failures = [var.groups]
}
