resource "aws_cloudwatch_log_group" "exec" {
  #checkov:skip=CKV_AWS_338:the hot copy lives as long as the environment asks; years are the log archive's business
  name              = "/${var.name}/cluster/exec"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.kms_key_arn
}

resource "aws_cloudwatch_log_group" "insights" {
  #checkov:skip=CKV_AWS_338:performance samples feed metrics, which CloudWatch keeps for 15 months
  count = var.has_container_insights ? 1 : 0

  name              = "/aws/ecs/containerinsights/${var.name}/performance"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.kms_key_arn
}
