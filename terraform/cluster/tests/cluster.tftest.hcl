mock_provider "aws" {}

variables {
  name   = "study-test"
  vpc_id = "vpc-0123456789abcdef0"
  logs   = { kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/logs" }
}

run "watched_and_recorded_by_default" {
  command = plan

  assert {
    condition     = one(aws_ecs_cluster.services.setting).value == "enabled" && length(aws_cloudwatch_log_group.insights) == 1
    error_message = "Container Insights is on, and its group is made here so that it is encrypted and expires."
  }

  assert {
    condition     = aws_cloudwatch_log_group.insights[0].name == "/aws/ecs/containerinsights/study-test/performance"
    error_message = "The group must have the name ECS writes to."
  }

  assert {
    condition = (
      aws_ecs_cluster.services.configuration[0].execute_command_configuration[0].logging == "OVERRIDE" &&
      aws_ecs_cluster.services.configuration[0].execute_command_configuration[0].kms_key_id == var.logs.kms_key_arn &&
      aws_ecs_cluster.services.configuration[0].execute_command_configuration[0].log_configuration[0].cloud_watch_encryption_enabled
    )
    error_message = "Sessions must be recorded and encrypted, whether or not services offer them."
  }

  assert {
    condition     = aws_cloudwatch_log_group.exec.kms_key_id == var.logs.kms_key_arn && aws_cloudwatch_log_group.exec.retention_in_days == 30
    error_message = "Session records are encrypted and expire."
  }

  assert {
    condition     = output.cluster.exec.kms_key_arn == var.logs.kms_key_arn && output.cluster.exec_log_group_name == "/study-test/cluster/exec"
    error_message = "Services must learn where sessions are recorded and which key their tasks need."
  }

  assert {
    condition     = aws_ecs_cluster_capacity_providers.fargate.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"]) && one(aws_ecs_cluster_capacity_providers.fargate.default_capacity_provider_strategy).capacity_provider == "FARGATE"
    error_message = "Both capacity providers are there, and the default is the one that is not interrupted."
  }

  assert {
    condition     = aws_service_discovery_private_dns_namespace.services.name == "study-test.internal" && aws_service_discovery_private_dns_namespace.services.vpc == var.vpc_id
    error_message = "Services are found by private names inside the network."
  }
}

run "insights_can_be_left_out" {
  command = plan

  variables {
    has_container_insights = false
    namespace              = "services.study.example"
    logs                   = { retention_days = 365, kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/logs" }
  }

  assert {
    condition     = one(aws_ecs_cluster.services.setting).value == "disabled" && length(aws_cloudwatch_log_group.insights) == 0
    error_message = "Without Container Insights nothing of it is made."
  }

  assert {
    condition     = aws_cloudwatch_log_group.exec.retention_in_days == 365 && aws_service_discovery_private_dns_namespace.services.name == "services.study.example"
    error_message = "Retention and namespace are the caller's choice."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    name      = "study_test"
    vpc_id    = "study-test"
    namespace = "study.local"
    logs      = { retention_days = 45, kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/logs" }
  }

  expect_failures = [var.name, var.vpc_id, var.namespace, var.logs]
}
