output "database" {
  description = "What a client, an alarm or a policy needs. id is the instance identifier (the DBInstanceIdentifier dimension); resource_id is what rds-db:connect names. secret_arn holds {username, password} of the admin."
  value = {
    id          = aws_db_instance.primary.identifier
    arn         = aws_db_instance.primary.arn
    resource_id = aws_db_instance.primary.resource_id
    address     = aws_db_instance.primary.address
    port        = local.port
    endpoint    = "${aws_db_instance.primary.address}:${local.port}"
    name        = var.database_name

    admin_name = var.admin.name
    secret_arn = local.admin_secret_arn

    replicas = {
      for key, replica in aws_db_instance.replica : key => {
        id          = replica.identifier
        arn         = replica.arn
        resource_id = replica.resource_id
        address     = replica.address
      }
    }

    # Append a database user's name to sign in as that user with IAM.
    iam_user_arn_prefixes = [
      for resource_id in concat([aws_db_instance.primary.resource_id], [for replica in aws_db_instance.replica : replica.resource_id]) :
      "arn:${data.aws_partition.current.partition}:rds-db:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:dbuser:${resource_id}/"
    ]

    security_group_id = aws_security_group.database.id
    log_group_names   = { for key, group in aws_cloudwatch_log_group.exported : key => group.name }
    backup_vault      = module.vault.vault
    backup_plan_arn   = aws_backup_plan.daily.arn
  }
}
