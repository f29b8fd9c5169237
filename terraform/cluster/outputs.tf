output "cluster" {
  description = "What a service needs to run here. `has_exec` and `exec_log_group_arn` tell it whether to offer a shell and what its task role must be allowed for that."
  value = {
    arn  = aws_ecs_cluster.services.arn
    name = aws_ecs_cluster.services.name

    # by the association, so that whoever uses them waits until the cluster has them
    capacity_providers = aws_ecs_cluster_capacity_providers.fargate.capacity_providers

    has_exec            = var.has_exec
    exec_log_group_name = aws_cloudwatch_log_group.exec.name
    exec_log_group_arn  = aws_cloudwatch_log_group.exec.arn
    exec_kms_key_arn    = var.logs.kms_key_arn

    namespace = {
      id             = aws_service_discovery_private_dns_namespace.services.id
      arn            = aws_service_discovery_private_dns_namespace.services.arn
      name           = aws_service_discovery_private_dns_namespace.services.name
      hosted_zone_id = aws_service_discovery_private_dns_namespace.services.hosted_zone
    }
  }
}
