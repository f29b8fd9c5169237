locals {
  # "blue-plan/data" -> what is attached to which role
  granted = merge([
    for key, role in var.roles : {
      for name, policy in role.policies : "${key}/${name}" => { role = key, name = name, policy = policy }
    }
  ]...)
}

resource "aws_iam_policy" "boundary" {
  for_each = var.roles

  name        = "${var.name}-${each.key}-boundary"
  path        = "/ci/"
  description = "What ${var.name}-${each.key} may do at most, whatever it is granted"
  policy      = each.value.boundary
}

resource "aws_iam_policy" "granted" {
  for_each = local.granted

  name        = "${var.name}-${each.value.role}-${each.value.name}"
  path        = "/ci/"
  description = "What ${var.name}-${each.value.role} may do: ${each.value.name}"
  policy      = each.value.policy
}

resource "aws_iam_role_policy_attachment" "granted" {
  for_each = local.granted

  role       = aws_iam_role.job[each.value.role].name
  policy_arn = aws_iam_policy.granted[each.key].arn
}
