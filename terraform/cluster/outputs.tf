output "cluster" {
  description = "What a service needs to run here. `exec` is where sessions are recorded and the key that encrypts them: a service that offers a shell lets its task role use both."
  value = {
    arn  = aws_ecs_cluster.services.arn
    name = aws_ecs_cluster.services.name

    # by the association, so that whoever uses them waits until the cluster has them
    capacity_providers = aws_ecs_cluster_capacity_providers.fargate.capacity_providers

    exec_log_group_name = aws_cloudwatch_log_group.exec.name
    exec = {
      log_group_arn = aws_cloudwatch_log_group.exec.arn
      kms_key_arn   = var.logs.kms_key_arn
    }

    namespace = {
      id             = aws_service_discovery_private_dns_namespace.services.id
      arn            = aws_service_discovery_private_dns_namespace.services.arn
      name           = aws_service_discovery_private_dns_namespace.services.name
      hosted_zone_id = aws_service_discovery_private_dns_namespace.services.hosted_zone
    }
  }
}
