output "firewall" {
  description = "The web ACL. Metrics are in AWS/WAFV2 under the dimensions WebACL = metric_name and Rule."
  value = {
    arn            = aws_wafv2_web_acl.main.arn
    id             = aws_wafv2_web_acl.main.id
    name           = aws_wafv2_web_acl.main.name
    metric_name    = var.name
    log_group_name = aws_cloudwatch_log_group.decisions.name
    log_group_arn  = aws_cloudwatch_log_group.decisions.arn
  }
}
