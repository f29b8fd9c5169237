locals {
  container_name = "app"

  # The sizes Fargate sells: CPU units -> memory.
  memory_mib_by_cpu = {
    "256"   = tolist([512, 1024, 2048])
    "512"   = range(1024, 4097, 1024)
    "1024"  = range(2048, 8193, 1024)
    "2048"  = range(4096, 16385, 1024)
    "4096"  = range(8192, 30721, 1024)
    "8192"  = range(16384, 61441, 4096)
    "16384" = range(32768, 122881, 8192)
  }

  # Sessions of ECS Exec need two more writable places beside a read-only root.
  volumes = {
    for path in setunion(var.container.writable_paths, var.has_exec ? ["/var/lib/amazon", "/var/log/amazon"] : []) :
    trim(replace(path, "/[^a-zA-Z0-9]+/", "-"), "-") => path
  }

  log_configuration = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.main.name
      awslogs-region        = local.region
      awslogs-stream-prefix = "task"

      # A log service in trouble must not stop the application.
      mode            = "non-blocking"
      max-buffer-size = "25m"
    }
  }

  container = merge(
    {
      name      = local.container_name
      image     = var.container.image
      essential = true
      user      = var.container.user

      readonlyRootFilesystem = true
      privileged             = false
      stopTimeout            = var.container.stop_timeout_seconds

      linuxParameters = {
        initProcessEnabled = true # forwards SIGTERM and reaps children
        capabilities       = { add = [], drop = ["ALL"] }
      }

      mountPoints = [
        for volume, path in local.volumes : { sourceVolume = volume, containerPath = path, readOnly = false }
      ]

      environment = [for key, value in merge(local.tracing, var.container.environment) : { name = key, value = value }]

      secrets = [
        for key, secret in var.container.secrets : {
          name      = key
          valueFrom = secret.json_key == null ? secret.arn : "${secret.arn}:${secret.json_key}::"
        }
      ]

      portMappings = var.container.port == null ? [] : [
        { containerPort = var.container.port, hostPort = var.container.port, protocol = "tcp" }
      ]

      logConfiguration = local.log_configuration
    },
    length(var.container.command) == 0 ? {} : { command = var.container.command },
    var.container.health == null ? {} : {
      healthCheck = {
        command     = var.container.health.command
        interval    = var.container.health.interval_seconds
        timeout     = var.container.health.timeout_seconds
        retries     = var.container.health.retries
        startPeriod = var.container.health.start_seconds
      }
    },
  )
}

# The first revision of the family, and the template of the next release when
# something here changes. Replacing it retires only Terraform's own revision: a
# service that still runs a retired one keeps running and scaling, and releases
# are recorded as documents, not as revision numbers.
resource "aws_ecs_task_definition" "main" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.container.cpu)
  memory                   = tostring(var.container.memory_mib)
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(concat([local.container], local.collector)) # the application first

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.container.architecture
  }

  dynamic "ephemeral_storage" {
    for_each = var.container.ephemeral_gib == null ? [] : [var.container.ephemeral_gib]

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  dynamic "volume" {
    for_each = local.volumes

    content {
      name = volume.key
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "main" {
  #checkov:skip=CKV_AWS_338:retention_days decides; what must be kept longer goes to the log archive
  name              = "/ecs/${var.name}"
  retention_in_days = var.container.logs.retention_days
  kms_key_id        = var.container.logs.kms_key_arn
}
