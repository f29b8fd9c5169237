mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/study-blue" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/ecs/study-blue-api" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:111122223333:task-definition/study-blue-api:1" }
  }
  mock_resource "aws_service_discovery_service" {
    defaults = { arn = "arn:aws:servicediscovery:eu-central-1:111122223333:service/srv-1" }
  }
}

variables {
  name = "study-blue-api"
  cluster = {
    arn       = "arn:aws:ecs:eu-central-1:111122223333:cluster/study-blue"
    name      = "study-blue"
    namespace = { id = "ns-1", name = "study-blue.internal" }
    exec      = { log_group_arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/ecs/exec", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
  }
  network = { vpc_id = "vpc-1", private_subnet_ids = ["subnet-1", "subnet-2"] }
  container = {
    image          = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
    port           = 8000
    cpu            = 256
    memory_mib     = 512
    environment    = { LOG_LEVEL = "debug", DATABASE_SECRET_ARN = "arn" }
    secrets = {
      DATABASE_PASSWORD = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf", json_key = "password", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/data" }
      SIGNING_KEY       = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:sign-AbCdEf", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/secrets" }
    }
    logs = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
  }
  scaling = { min = 2, max = 4, cpu_percent = 70, memory_percent = 80 }
}

run "the_container_is_locked_down" {
  assert {
    condition     = aws_ecs_task_definition.main.network_mode == "awsvpc" && aws_ecs_task_definition.main.requires_compatibilities == toset(["FARGATE"]) && aws_ecs_task_definition.main.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "Tasks run on Fargate with a network interface of their own."
  }
  assert {
    condition = alltrue([for container in jsondecode(aws_ecs_task_definition.main.container_definitions) :
      container.user == "10001:10001" && container.readonlyRootFilesystem && !container.privileged &&
      container.linuxParameters.initProcessEnabled && container.linuxParameters.capabilities.drop == ["ALL"] &&
      container.mountPoints == [{ containerPath = "/tmp", readOnly = false, sourceVolume = "tmp" }]
    ])
    error_message = "Not root, read-only root with /tmp, an init process and no capabilities."
  }
  assert {
    condition = jsondecode(aws_ecs_task_definition.main.container_definitions)[0].secrets == [
      { name = "DATABASE_PASSWORD", valueFrom = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf:password::" },
      { name = "SIGNING_KEY", valueFrom = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:sign-AbCdEf" },
    ]
    error_message = "Secrets are references, whole or by one key of their JSON."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.main.container_definitions)[0].logConfiguration.options["awslogs-group"] == "/ecs/study-blue-api" && aws_cloudwatch_log_group.main.retention_in_days == 30 && aws_cloudwatch_log_group.main.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/logs"
    error_message = "Logs go to an encrypted group that forgets."
  }
  assert {
    condition     = !aws_ecs_service.main.network_configuration[0].assign_public_ip && !aws_ecs_service.main.enable_execute_command && length(aws_iam_role_policy.task) == 0
    error_message = "No public address, no shell and no permissions unless asked for."
  }
  assert {
    condition     = { for key, rule in aws_vpc_security_group_egress_rule.task : key => [rule.ip_protocol, rule.from_port, rule.cidr_ipv4] } == { https = ["tcp", 443, "0.0.0.0/0"] } && length(aws_vpc_security_group_ingress_rule.load_balancer) == 0
    error_message = "By default a task reaches HTTPS only and nobody reaches it."
  }
}

run "roles_are_apart_and_narrow" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/limits/study-blue"
  }

  assert {
    condition     = alltrue([for role in [aws_iam_role.execution, aws_iam_role.task] : role.permissions_boundary == "arn:aws:iam::111122223333:policy/limits/study-blue"])
    error_message = "No role is made without the limit that the caller sets."
  }
  assert {
    condition     = aws_iam_role.execution.name == "study-blue-api-execution" && aws_iam_role.task.name == "study-blue-api-task"
    error_message = "The role that starts tasks must not be the application's."
  }
  assert {
    condition     = { for condition in data.aws_iam_policy_document.trust.statement[0].condition : condition.variable => one(condition.values) } == { "aws:SourceAccount" = "111122223333", "aws:SourceArn" = "arn:aws:ecs:eu-central-1:111122223333:*" }
    error_message = "Both roles may be taken for this account's tasks only."
  }
  assert {
    condition = { for statement in data.aws_iam_policy_document.execution.statement : statement.sid => toset(statement.resources) } == {
      LogInToRegistry = toset(["*"])
      PullImage       = toset(["arn:aws:ecr:eu-central-1:111122223333:repository/api"])
      WriteLogs       = toset(["arn:aws:logs:eu-central-1:111122223333:log-group:/ecs/study-blue-api:*"])
      ReadSecrets     = toset(["arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:sign-AbCdEf"])
      DecryptSecrets  = toset(["arn:aws:kms:eu-central-1:111122223333:key/data", "arn:aws:kms:eu-central-1:111122223333:key/secrets"])
    }
    error_message = "The execution role reaches its repository, log group, secrets and their keys only."
  }
}

run "a_bad_release_turns_back" {
  command = plan
  variables {
    load_balancer = {
      arn_suffix        = "app/study-blue/1"
      security_group_id = "sg-balancer"
      target_group = {
        blue  = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/study-blue-api-blue/1", arn_suffix = "targetgroup/study-blue-api-blue/1" }
        green = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/study-blue-api-green/1", arn_suffix = "targetgroup/study-blue-api-green/1" }
      }
    }
    rollout = { alarm_names = ["study-blue-checkout-errors"] }
  }

  assert {
    condition     = aws_ecs_service.main.deployment_circuit_breaker[0].enable && aws_ecs_service.main.deployment_circuit_breaker[0].rollback && aws_ecs_service.main.alarms[0].enable && aws_ecs_service.main.alarms[0].rollback && !aws_ecs_service.main.wait_for_steady_state
    error_message = "The circuit breaker and the alarms must roll back."
  }
  assert {
    condition     = aws_ecs_service.main.alarms[0].alarm_names == toset(["study-blue-api-rollback-errors", "study-blue-api-rollback-memory", "study-blue-api-rollback-unhealthy", "study-blue-checkout-errors"])
    error_message = "The service's own alarms and the caller's must watch a release."
  }
  assert {
    condition = toset([for query in aws_cloudwatch_metric_alarm.balancer["errors"].metric_query : "${query.id} ${query.metric[0].dimensions.TargetGroup}" if length(query.metric) > 0]) == toset([
      "errors_blue targetgroup/study-blue-api-blue/1", "errors_green targetgroup/study-blue-api-green/1",
      "requests_blue targetgroup/study-blue-api-blue/1", "requests_green targetgroup/study-blue-api-green/1",
    ])
    error_message = "Errors must be counted on blue and green."
  }
  assert {
    condition     = one(aws_ecs_service.main.load_balancer).target_group_arn == var.load_balancer.target_group.blue.arn && aws_ecs_service.main.health_check_grace_period_seconds == 60
    error_message = "The service must start on blue."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.load_balancer[0].referenced_security_group_id == "sg-balancer" && aws_vpc_security_group_ingress_rule.load_balancer[0].from_port == 8000
    error_message = "Only the balancer may reach the container's port."
  }
}

run "a_worker_on_spot_scales_with_its_queue" {
  command = plan
  variables {
    capacity  = { kind = "spot", on_demand_base = 1 }
    scaling   = { min = 2, max = 10, cpu_percent = 70, backlog = { queue_name = "study-blue-documents", messages_per_task = 20 }, schedules = { morning = { expression = "cron(0 8 ? * MON-FRI *)", min = 4, max = 10 } } }
    discovery = { name = "api", clients = { worker = "sg-worker" } }
    has_exec  = true
    permissions = {
      reads_uploads = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  assert {
    condition     = { for provider in aws_ecs_service.main.capacity_provider_strategy : provider.capacity_provider => [provider.weight, provider.base] } == { FARGATE = [0, 1], FARGATE_SPOT = [1, 0] }
    error_message = "One task stays on demand, the rest run on Spot."
  }
  assert {
    condition     = keys(aws_appautoscaling_policy.utilisation) == ["cpu"] && aws_appautoscaling_policy.backlog[0].target_tracking_scaling_policy_configuration[0].target_value == 20
    error_message = "The queue and CPU must drive the count, memory must not."
  }
  assert {
    condition     = [for metric in aws_appautoscaling_policy.backlog[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics : metric.expression if metric.return_data] == ["messages / FILL(tasks, 1)"]
    error_message = "The backlog is counted per running task."
  }
  assert {
    condition     = aws_appautoscaling_scheduled_action.bounds["morning"].scalable_target_action[0].min_capacity == "4" && aws_appautoscaling_target.tasks.min_capacity == 2
    error_message = "Schedules move the bounds."
  }
  assert {
    condition     = output.service.autoscaling.fewest == 2
    error_message = "No schedule goes below min, so min is the fewest."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.client["worker"].referenced_security_group_id == "sg-worker" && length(aws_service_discovery_service.main) == 1
    error_message = "Discovery names the service and lets its clients in."
  }
  assert {
    condition     = keys(aws_iam_role_policy.task) == ["exec", "reads_uploads"] && toset([for volume in aws_ecs_task_definition.main.volume : volume.name]) == toset(["tmp", "var-lib-amazon", "var-log-amazon"])
    error_message = "A shell needs its channels and two writable directories."
  }
}

run "nights_may_have_fewer_tasks_than_days" {
  command = plan
  variables { scaling = { min = 4, max = 8, cpu_percent = 70, schedules = { evening = { expression = "cron(0 20 ? * * *)", min = 1, max = 2 } } } }

  assert {
    condition     = output.service.autoscaling.fewest == 1
    error_message = "Whoever counts tasks must know the fewest that a schedule allows, or every night is an alarm."
  }
}

run "a_fixed_count_needs_no_policies" {
  command = plan
  variables { scaling = { min = 1, max = 1, backlog = { queue_name = "q", messages_per_task = 20 } } }

  assert {
    condition     = length(aws_appautoscaling_policy.utilisation) + length(aws_appautoscaling_policy.backlog) == 0 && aws_appautoscaling_target.tasks.max_capacity == 1
    error_message = "Nothing to scale, no policies and none of their alarms."
  }
  assert {
    condition     = { for provider in aws_ecs_service.main.capacity_provider_strategy : provider.capacity_provider => provider.weight } == { FARGATE = 1 }
    error_message = "On demand is the default."
  }
}

run "one_task_at_a_time_stops_before_it_starts_anew" {
  command = plan
  variables {
    scaling = { min = 1, max = 1 }
    rollout = { minimum_healthy_percent = 0, maximum_percent = 100 }
  }

  assert {
    condition     = [aws_ecs_service.main.deployment_minimum_healthy_percent, aws_ecs_service.main.deployment_maximum_percent] == [0, 100]
    error_message = "The old task is gone before the new one starts."
  }
  assert {
    condition     = aws_ecs_service.main.availability_zone_rebalancing == "DISABLED"
    error_message = "Rebalancing starts a second task first; ECS refuses it with a maximum of 100."
  }
}

run "refuses_what_would_not_run" {
  command = plan
  variables {
    name          = "study_blue_api"
    capacity      = { kind = "on_demand", on_demand_base = 1 }
    scaling       = { min = 0, max = 1 }
    permissions   = { reads_uploads = "not a policy" }
    egress        = { all = { description = "everything", port = 443, cidr = "0.0.0.0/0", prefix_list_id = "pl-1" } }
    rollout       = { maximum_percent = 100 }
    cluster       = { arn = "arn:aws:ecs:eu-central-1:111122223333:cluster/study-blue", name = "study-blue" }
    has_exec      = true
    discovery     = { name = "api" }
    load_balancer = null
  }
  expect_failures = [var.name, var.capacity, var.scaling, var.permissions, var.egress, var.rollout, var.has_exec, var.discovery]
}

run "refuses_a_tag" {
  command = plan
  variables {
    container = {
      image          = "api:latest"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_a_size_fargate_does_not_have" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 4096
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_root" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      user           = "0:0"
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_a_secret_in_the_environment" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      environment    = { STRIPE_API_KEY = "x" }
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_a_variable_set_twice" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      environment    = { A = "x" }
      secrets        = { A = { arn = "arn", kms_key_arn = "arn" } }
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_an_architecture_fargate_does_not_have" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      architecture   = "amd64"
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_a_stop_timeout_beyond_fargates" {
  command = plan
  variables {
    container = {
      image                = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn       = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu                  = 256
      memory_mib           = 512
      stop_timeout_seconds = 600
      logs                 = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }
  expect_failures = [var.container]
}

run "refuses_a_retention_cloudwatch_does_not_have" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs", retention_days = 31 }
    }
  }
  expect_failures = [var.container]
}

run "refuses_a_balancer_without_a_port" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
    load_balancer = {
      arn_suffix        = "app/study-blue/1"
      security_group_id = "sg-balancer"
      target_group      = { blue = { arn = "arn:blue", arn_suffix = "blue" }, green = { arn = "arn:green", arn_suffix = "green" } }
    }
  }
  expect_failures = [var.load_balancer]
}

run "refuses_bounds_without_a_reason_to_move" {
  command = plan
  variables { scaling = { min = 1, max = 2 } }
  expect_failures = [var.scaling]
}
