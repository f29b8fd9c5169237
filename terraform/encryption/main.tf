# One customer-managed key per class of data: a grant on one class opens nothing of another.
resource "aws_kms_key" "class" {
  for_each = var.keys

  description             = "${var.name} ${each.key}: ${each.value.description}"
  policy                  = data.aws_iam_policy_document.key[each.key].json
  enable_key_rotation     = true
  deletion_window_in_days = each.value.deletion_window_days

  tags = { Name = "${var.name}-${replace(each.key, "_", "-")}" }
}

resource "aws_kms_alias" "class" {
  for_each = var.keys

  name          = "alias/${var.name}-${replace(each.key, "_", "-")}"
  target_key_id = aws_kms_key.class[each.key].key_id
}
