resource "aws_secretsmanager_secret" "value" {
  #checkov:skip=CKV2_AWS_57:rotation needs a function that knows the secret's user; where there is one, rotation.function_arn turns it on, else generation is counted up
  for_each = var.secrets

  name                    = "${var.name}/${replace(each.key, "_", "-")}"
  description             = each.value.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = each.value.recovery_window_days
}

locals {
  generated = { for key, secret in var.secrets : key => secret if secret.generated_length != null }
  rotated   = { for key, secret in var.secrets : key => secret.rotation if secret.rotation != null }
}

# Asked for at every plan and thrown away; it reaches AWS only when the version below is written.
ephemeral "aws_secretsmanager_random_password" "generated" {
  for_each = local.generated

  password_length = each.value.generated_length
  # Letters and digits pass unescaped through URLs, connection strings and shells.
  exclude_punctuation        = true
  require_each_included_type = true
}

resource "aws_secretsmanager_secret_version" "generated" {
  for_each = local.generated

  secret_id                = aws_secretsmanager_secret.value[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.generated[each.key].random_password
  secret_string_wo_version = each.value.generation
}

resource "aws_secretsmanager_secret_rotation" "scheduled" {
  #checkov:skip=CKV_AWS_304:the variable refuses more than 90 days, which the check cannot read
  for_each = local.rotated

  secret_id           = aws_secretsmanager_secret.value[each.key].id
  rotation_lambda_arn = each.value.function_arn

  rotation_rules {
    automatically_after_days = each.value.every_days
  }

  depends_on = [aws_secretsmanager_secret_version.generated] # there must be something to rotate
}
