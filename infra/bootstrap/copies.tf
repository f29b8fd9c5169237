# What a recovery in another region must know and have beside the data: which release served, what terraform made, and the
# images. For environments that keep copies of their data; the others can be made anew.
locals {
  copied     = { for name, environment in var.environments : name => environment if environment.has_copies }
  has_copies = length(local.copied) > 0

  # The state bucket is one for all, so it has one copy; where environments differ, in the region that comes first.
  copy_region = local.has_copies ? sort(distinct(values(local.copied)[*].backup_region))[0] : null
  copy_bucket = local.has_copies ? "${local.name}-copy-${var.account.id}-${local.copy_region}" : null
  state_copy  = local.has_copies ? { (local.copy_region) = true } : {}

  copied_names = { for name, environment in local.copied : environment.backup_region => name... }
}

module "copy_encryption" {
  source    = "../../terraform/encryption"
  for_each  = local.state_copy
  providers = { aws = aws.backup }

  name = "${local.name}-copy"
  keys = {
    state = { description = "The copy of Terraform state and of the ledger of deployments" }
  }
}

data "aws_iam_policy_document" "keep_copied_versions" {
  for_each = local.state_copy

  statement {
    sid       = "DenyDeletionOfVersions"
    effect    = "Deny"
    actions   = ["s3:DeleteObjectVersion"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.copy_bucket}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

module "state_copy" {
  source    = "../../terraform/object_store"
  for_each  = local.state_copy
  providers = { aws = aws.backup }

  name             = local.copy_bucket
  kms_key_arn      = module.copy_encryption[each.key].keys["state"].arn
  policy_documents = [data.aws_iam_policy_document.keep_copied_versions[each.key].json]
  lifecycle_rules  = { noncurrent_expire_after_days = 365 }
}

# The registry's one configuration in this account and region. Only what is pushed from now on is copied, into repositories of
# the same name that ECR makes by itself: with its own encryption and without a lifecycle.
resource "aws_ecr_replication_configuration" "images" {
  for_each = local.has_copies ? { images = true } : {}

  replication_configuration {
    dynamic "rule" {
      for_each = local.copied_names

      content {
        destination {
          region      = rule.key
          registry_id = var.account.id
        }

        dynamic "repository_filter" {
          for_each = rule.value

          content {
            filter      = "${var.account.project}-${repository_filter.value}/"
            filter_type = "PREFIX_MATCH"
          }
        }
      }
    }
  }
}
