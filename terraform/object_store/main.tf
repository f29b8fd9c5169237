data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id

  # Composed instead of read from the bucket, so that plans show the policies
  # in full before there is a bucket, and whenever only its tags change.
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.name}"

  # Elastic Load Balancing and S3 server access logging deliver to SSE-S3
  # buckets only. To any other they deliver nothing, and report no error.
  needs_s3_managed_key = length(setintersection(var.receives, ["load_balancer_logs", "access_logs"])) > 0
}

resource "aws_s3_bucket" "main" {
  #checkov:skip=CKV_AWS_18:access logs are on wherever the caller names a destination; the log bucket itself would log its own log deliveries for ever
  #checkov:skip=CKV_AWS_144:replication is on wherever the caller names a replica; a replica is not replicated again
  #checkov:skip=CKV_AWS_145:KMS everywhere but for buckets that receive load balancer or access logs, which AWS delivers to SSE-S3 only
  #checkov:skip=CKV2_AWS_62:no consumer of event notifications
  bucket        = var.name
  force_destroy = var.can_be_emptied
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket = aws_s3_bucket.main.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    # Without a bucket key every object costs its own call to KMS.
    bucket_key_enabled = !local.needs_s3_managed_key

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.needs_s3_managed_key ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_logging" "main" {
  count = var.access_logs == null ? 0 : 1

  bucket        = aws_s3_bucket.main.id
  target_bucket = var.access_logs.bucket
  target_prefix = "${trim(var.access_logs.prefix, "/")}/${var.name}/"
}
