output "workspace" {
  description = "Where people look, and with which role Grafana reads."
  value = {
    id        = aws_grafana_workspace.main.id
    url       = "https://${aws_grafana_workspace.main.endpoint}"
    role_arn  = aws_iam_role.workspace.arn
    role_name = aws_iam_role.workspace.name
  }
}
