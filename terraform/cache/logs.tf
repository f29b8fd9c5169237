# Under /aws/vendedlogs the delivery needs no statement of its own in the account's
# log resource policy, which holds only a few.
resource "aws_cloudwatch_log_group" "delivered" {
  #checkov:skip=CKV_AWS_338:retention is the environment's choice; what must last longer goes to the log archive
  for_each = toset(["engine-log", "slow-log"])

  name              = "/aws/vendedlogs/elasticache/${local.identifier}/${each.key}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.kms_key_arn
}
