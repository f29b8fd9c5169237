# The node makes its own certificate and publishes the authority here. Public, but
# encrypted all the same, so that nobody exchanges it without the key.
resource "aws_ssm_parameter" "ca_certificate" {
  name        = "/${var.name}/vector-db/ca-certificate"
  description = "PEM of the authority that signed the certificate of ${local.identifier}; written by the node"
  type        = "SecureString"
  key_id      = var.api_key.kms_key_arn
  value       = "not published yet"

  lifecycle {
    ignore_changes = [value]
  }
}
