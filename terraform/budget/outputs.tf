output "budget" {
  description = "The budget, and the anomaly monitor where there is one (else null)."
  value = {
    name                     = aws_budgets_budget.monthly.name
    arn                      = aws_budgets_budget.monthly.arn
    anomaly_monitor_arn      = one(aws_ce_anomaly_monitor.spending[*].arn)
    anomaly_subscription_arn = one(aws_ce_anomaly_subscription.spending[*].arn)
  }
}
