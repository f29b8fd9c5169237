# What nobody in the account may forget: settings of the account itself, so that no bucket, volume or instance depends on
# whoever made it. The first and the last are for the whole account, the others for this region.

# A bucket is private whatever its own policy and lists say; the platform serves the world through CloudFront only.
resource "aws_s3_account_public_access_block" "account" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_ebs_encryption_by_default" "region" {
  enabled = true
}

# Without a session token no instance tells its role's credentials: a request that somebody else makes it send is not enough.
resource "aws_ec2_instance_metadata_defaults" "region" {
  http_tokens = "required"
}

# CIS AWS Foundations 1.8 and 1.9. People come by single sign-on; this holds whoever is made a user all the same.
resource "aws_iam_account_password_policy" "account" {
  #checkov:skip=CKV_AWS_9:NIST SP 800-63B and CIS 3.0 ask for no expiry, as people answer it with weaker passwords
  minimum_password_length        = 14
  password_reuse_prevention      = 24
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
}
