locals {
  # One entry a statement, by key class. Auto Scaling also hands the key on to the volume, by a grant.
  statements = {
    for class, key in var.keys : class => merge(
      { for service in key.used_by : "Use${replace(title(replace(service, "_", " ")), " ", "")}" => local.services[service] },
      contains(key.used_by, "autoscaling") ? {
        GrantAutoscaling = {
          actions   = ["kms:CreateGrant"]
          principal = local.services.autoscaling.principal
          only      = merge(local.services.autoscaling.only, { "Bool kms:GrantIsForAWSResource" = "true" })
        }
      } : {},
    )
  }
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:in a key policy "*" is this one key; the account statement keeps it manageable
  #checkov:skip=CKV_AWS_111:in a key policy "*" is this one key; the account statement keeps it manageable
  #checkov:skip=CKV_AWS_356:in a key policy "*" is this one key
  for_each = var.keys

  # Opens the key to nobody by itself: it lets the account's IAM policies decide. Without it one mistake in this
  # policy would leave a key that only AWS support can mend.
  statement {
    sid       = "AccountDecidesByIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = local.statements[each.key]

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = ["*"]

      dynamic "principals" {
        for_each = statement.value.principal

        content {
          type        = principals.key
          identifiers = [principals.value]
        }
      }

      dynamic "condition" {
        for_each = statement.value.only

        content {
          test     = split(" ", condition.key)[0]
          variable = split(" ", condition.key)[1]
          values   = [condition.value]
        }
      }
    }
  }
}
