output "secrets" {
  description = "Every secret by its key: { arn, name }. Whoever uses the ARN of a generated one waits until its value is written."
  value = {
    for key, secret in aws_secretsmanager_secret.value : key => {
      arn  = contains(keys(local.generated), key) ? aws_secretsmanager_secret_version.generated[key].arn : secret.arn
      name = secret.name
    }
  }
}
