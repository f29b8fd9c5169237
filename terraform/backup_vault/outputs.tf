output "vault" {
  description = "Where recovery points are kept: the target of a backup plan's rule or of its copy action."
  value = {
    arn         = aws_backup_vault.protected.arn
    name        = aws_backup_vault.protected.name
    kms_key_arn = var.kms_key_arn
  }
}
