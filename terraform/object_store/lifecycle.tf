locals {
  transitions = {
    for storage_class, days in {
      STANDARD_IA = var.lifecycle_rules.infrequent_access_after_days
      GLACIER     = var.lifecycle_rules.glacier_after_days
    } : storage_class => days if days != null
  }

  has_current_rule = length(local.transitions) > 0 || var.lifecycle_rules.expire_after_days != null
}

resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  dynamic "rule" {
    for_each = local.has_current_rule ? ["current-objects"] : []

    content {
      id     = rule.value
      status = "Enabled"

      filter {}

      dynamic "transition" {
        for_each = local.transitions

        content {
          storage_class = transition.key
          days          = transition.value
        }
      }

      dynamic "expiration" {
        for_each = var.lifecycle_rules.expire_after_days == null ? [] : [var.lifecycle_rules.expire_after_days]

        content {
          days = expiration.value
        }
      }
    }
  }

  # Versions are the way back from a mistake, not an archive. A delete marker
  # with nothing behind it only slows listings down.
  rule {
    id     = "replaced-and-deleted-objects"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.lifecycle_rules.noncurrent_expire_after_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "abandoned-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.lifecycle_rules.abort_upload_after_days
    }
  }

  # S3 refuses rules about noncurrent versions before there are versions.
  depends_on = [aws_s3_bucket_versioning.main]
}
