resource "aws_ecs_cluster" "services" {
  #checkov:skip=CKV_AWS_65:has_container_insights decides, on by default; they cost more than an environment without users is worth
  name = var.name

  setting {
    name  = "containerInsights"
    value = var.has_container_insights ? "enabled" : "disabled"
  }

  # Set even where no service offers a shell: whoever turns one on in an emergency is recorded from the first session.
  configuration {
    execute_command_configuration {
      kms_key_id = var.logs.kms_key_arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.exec.name
      }
    }
  }

  # ECS makes this group itself, for ever and unencrypted, unless it is there first.
  depends_on = [aws_cloudwatch_log_group.insights]
}

resource "aws_ecs_cluster_capacity_providers" "fargate" {
  cluster_name       = aws_ecs_cluster.services.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  # For a task started without saying where. Services choose for themselves.
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 0
    weight            = 1
  }
}

resource "aws_service_discovery_private_dns_namespace" "services" {
  name        = coalesce(var.namespace, "${var.name}.internal")
  description = "Services of ${var.name}, found by name from inside the network"
  vpc         = var.vpc_id
}
