output "dashboard_names" {
  description = "Names by key."
  value       = { for key, dashboard in aws_cloudwatch_dashboard.main : key => dashboard.dashboard_name }
}
