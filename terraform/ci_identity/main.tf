locals {
  issuer = "token.actions.githubusercontent.com"
  repository = (
    var.repository.has_ids_in_subject
    ? "${var.repository.owner}@${var.repository.owner_id}/${var.repository.name}@${var.repository.id}"
    : "${var.repository.owner}/${var.repository.name}"
  )
}

# AWS knows GitHub's certificate authority itself, so there is no thumbprint to keep.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = var.roles

  statement {
    sid     = "JobsOfOneEnvironment"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    # Nothing but equality, and one value: a pattern here would let in whoever can name a branch or a repository.
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${local.repository}:environment:${each.value.github_environment}"]
    }

    # Says again what the environment's settings on GitHub should say, where nobody can forget them. A token without the claim stays out.
    dynamic "condition" {
      for_each = each.value.git_ref[*]

      content {
        test     = "StringEquals"
        variable = "${local.issuer}:ref"
        values   = [condition.value]
      }
    }
  }
}

# The path keeps these roles apart from those of the platform: what may change roles named NAME-* may not change these.
resource "aws_iam_role" "job" {
  for_each = var.roles

  name                 = "${var.name}-${each.key}"
  path                 = "/ci/"
  description          = each.value.description
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = aws_iam_policy.boundary[each.key].arn
  max_session_duration = each.value.max_session_duration_seconds
}
