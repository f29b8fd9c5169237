data "aws_partition" "current" {}

locals {
  name   = "${var.account.project}-state"
  bucket = "${local.name}-${var.account.id}-${var.account.region}"
}

module "encryption" {
  source = "../../terraform/encryption"

  name = local.name
  keys = {
    state = { description = "Terraform state and the ledger of deployments" }
  }
}

# State holds addresses, names and, where a provider has no write-only argument, secrets. A version that is gone
# cannot be recovered from, so nobody may delete one: emptying the bucket needs this statement removed first.
data "aws_iam_policy_document" "keep_versions" {
  statement {
    sid       = "DenyDeletionOfVersions"
    effect    = "Deny"
    actions   = ["s3:DeleteObjectVersion"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.bucket}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

module "log_bucket" {
  source = "../../terraform/object_store"

  name            = "${local.name}-logs-${var.account.id}-${var.account.region}"
  receives        = ["access_logs"]
  lifecycle_rules = { expire_after_days = 365 }
}

# Every environment keeps its state and ledger under environments/<name>/, so that a role can be held to one prefix.
module "state_bucket" {
  source = "../../terraform/object_store"

  name             = local.bucket
  kms_key_arn      = module.encryption.keys["state"].arn
  access_logs      = { bucket = module.log_bucket.log_destination.name, prefix = module.log_bucket.log_destination.prefixes["access_logs"] }
  policy_documents = [data.aws_iam_policy_document.keep_versions.json]
  lifecycle_rules  = { noncurrent_expire_after_days = 365 }
  replication = local.has_copies ? {
    bucket_arn       = module.state_copy[local.copy_region].replica.arn
    kms_key_arn      = module.copy_encryption[local.copy_region].keys["state"].arn
    has_time_control = true
  } : null
}
