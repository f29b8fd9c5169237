data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  # In one strategy only one provider may have a base.
  capacity = {
    on_demand = {
      FARGATE = { weight = 1, base = 0 }
    }
    spot = merge(
      { FARGATE_SPOT = { weight = 1, base = 0 } },
      var.capacity.on_demand_base == 0 ? {} : { FARGATE = { weight = 0, base = var.capacity.on_demand_base } },
    )
  }[var.capacity.kind]
}

resource "aws_ecs_service" "main" {
  name            = var.name
  cluster         = var.cluster.arn
  task_definition = aws_ecs_task_definition.main.arn
  desired_count   = var.scaling.min

  platform_version              = "LATEST"
  availability_zone_rebalancing = var.rollout.maximum_percent > 100 ? "ENABLED" : "DISABLED" # it moves a task by starting another first
  enable_execute_command        = var.has_exec
  enable_ecs_managed_tags       = true
  propagate_tags                = "SERVICE"

  # Whether a release is good is watched by the release itself.
  wait_for_steady_state = false

  # Without this a change between on demand and spot would replace the service;
  # with it the running revision is rolled over once, under the circuit breaker.
  force_new_deployment = true

  deployment_minimum_healthy_percent = var.rollout.minimum_healthy_percent
  deployment_maximum_percent         = var.rollout.maximum_percent
  health_check_grace_period_seconds  = var.load_balancer == null ? null : var.load_balancer.health_grace_seconds

  deployment_controller {
    type = "ECS"
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  alarms {
    enable      = true
    rollback    = true
    alarm_names = local.rollback_alarm_names
  }

  dynamic "capacity_provider_strategy" {
    for_each = local.capacity

    content {
      capacity_provider = capacity_provider_strategy.key
      weight            = capacity_provider_strategy.value.weight
      base              = capacity_provider_strategy.value.base
    }
  }

  network_configuration {
    subnets          = var.network.private_subnet_ids
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = var.load_balancer == null ? [] : [var.load_balancer]

    content {
      target_group_arn = load_balancer.value.target_group.blue.arn
      container_name   = local.container_name
      container_port   = var.container.port
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.main

    content {
      registry_arn = service_registries.value.arn
    }
  }

  lifecycle {
    # Terraform creates the service; releases and autoscaling own these
    # afterwards: which revision runs, how many, and whether blue or green
    # serves. A plan must never roll a deployment back.
    ignore_changes       = [task_definition, desired_count, load_balancer]
    replace_triggered_by = [terraform_data.attachment]
  }

  # Tasks that start before these exist cannot pull, log or read secrets; tasks
  # that stop after these are gone cannot say goodbye.
  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.task,
    aws_vpc_security_group_ingress_rule.load_balancer,
  ]
}

# Changes of the balancer are ignored above, so a service whose target groups
# were replaced would point at nothing for ever: then it is made anew.
resource "terraform_data" "attachment" {
  input = var.load_balancer == null ? [] : [
    var.load_balancer.target_group.blue.arn,
    var.load_balancer.target_group.green.arn,
    tostring(var.container.port),
  ]
}

resource "aws_service_discovery_service" "main" {
  count = var.discovery == null ? 0 : 1

  name          = var.discovery.name
  description   = "Tasks of ${var.name}"
  force_destroy = true # tasks that are still leaving would keep it

  dns_config {
    namespace_id   = var.cluster.namespace.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  # ECS reports each task's health itself; AWS fixes the threshold at 1.
  health_check_custom_config {
    failure_threshold = 1
  }
}
