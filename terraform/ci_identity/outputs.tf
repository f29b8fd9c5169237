output "role_arns" {
  description = "What a job assumes, by key of `roles`."
  value       = { for key, role in aws_iam_role.job : key => role.arn }
}

output "provider_arn" {
  description = "The identity provider of the account; there is one for each account, whatever the region."
  value       = aws_iam_openid_connect_provider.github.arn
}
