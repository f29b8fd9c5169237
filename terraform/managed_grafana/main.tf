resource "aws_grafana_workspace" "main" {
  name        = var.name
  description = "Dashboards of ${var.name}"

  account_access_type      = "CURRENT_ACCOUNT"
  authentication_providers = ["AWS_SSO"]
  grafana_version          = var.grafana_version

  # The role below is ours: with SERVICE_MANAGED Grafana would make one that may read everything of these services.
  permission_type = "CUSTOMER_MANAGED"
  role_arn        = aws_iam_role.workspace.arn
  data_sources    = local.data_sources

  configuration = jsonencode({
    plugins         = { pluginAdminEnabled = false }
    unifiedAlerting = { enabled = false } # alerts are data in the repository and evaluated elsewhere
  })
}

resource "aws_grafana_role_association" "groups" {
  for_each = { for role, groups in var.groups : role => groups if length(groups) > 0 }

  workspace_id = aws_grafana_workspace.main.id
  role         = upper(each.key)
  group_ids    = each.value
}

locals {
  data_sources = concat(["CLOUDWATCH"], var.prometheus == null ? [] : ["PROMETHEUS"], var.has_traces ? ["XRAY"] : [])
}
