output "bucket" {
  description = "The bucket. It does not wait for the bucket policy, so what it feeds (a CDN) may give that policy its statements."
  value = {
    name                 = aws_s3_bucket.main.bucket
    arn                  = aws_s3_bucket.main.arn
    regional_domain_name = aws_s3_bucket.main.bucket_regional_domain_name
  }
}

# A second output because it must wait and the first must not: AWS checks the
# policy the moment a service is told to deliver here.
output "log_destination" {
  description = "Where log producers deliver: the bucket and the prefix of each kind in `receives`, without slashes at its ends. Known once the policy that admits them is in place."
  value = {
    name     = aws_s3_bucket.main.bucket
    arn      = aws_s3_bucket.main.arn
    prefixes = { for role, prefix in local.prefixes : role => prefix if contains(var.receives, role) }
  }

  depends_on = [
    aws_s3_bucket_ownership_controls.main,
    aws_s3_bucket_policy.main,
  ]
}

# Apart for the same reason: S3 refuses to replicate into a bucket that keeps no versions yet.
output "replica" {
  description = "What another bucket replicates into; known once versioning is on."
  value       = { arn = aws_s3_bucket.main.arn }

  depends_on = [aws_s3_bucket_versioning.main]
}
