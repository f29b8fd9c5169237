locals {
  is_scaled = var.scaling.max > var.scaling.min || length(var.scaling.schedules) > 0

  utilisation_targets = local.is_scaled ? {
    for metric, percent in {
      cpu    = { type = "ECSServiceAverageCPUUtilization", percent = var.scaling.cpu_percent }
      memory = { type = "ECSServiceAverageMemoryUtilization", percent = var.scaling.memory_percent }
    } : metric => percent if percent.percent != null
  } : {}

  service_dimensions = { ClusterName = var.cluster.name, ServiceName = var.name }
}

resource "aws_appautoscaling_target" "tasks" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster.name}/${aws_ecs_service.main.name}"
  min_capacity       = var.scaling.min
  max_capacity       = var.scaling.max

  lifecycle {
    # Schedules move the bounds at run time; a plan in the middle of a window
    # must not move them back. Bounds that change in the configuration are
    # applied by making the target anew.
    ignore_changes       = [min_capacity, max_capacity]
    replace_triggered_by = [terraform_data.bounds]
  }
}

resource "terraform_data" "bounds" {
  input = [var.scaling.min, var.scaling.max]
}

resource "aws_appautoscaling_policy" "utilisation" {
  for_each = local.utilisation_targets

  name               = "${var.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.tasks.service_namespace
  scalable_dimension = aws_appautoscaling_target.tasks.scalable_dimension
  resource_id        = aws_appautoscaling_target.tasks.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.percent
    scale_out_cooldown = var.scaling.scale_out_cooldown_seconds
    scale_in_cooldown  = var.scaling.scale_in_cooldown_seconds

    predefined_metric_specification {
      predefined_metric_type = each.value.type
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.bounds] # AWS deletes policies with their target
  }
}

resource "aws_appautoscaling_policy" "backlog" {
  count = var.scaling.backlog != null && local.is_scaled ? 1 : 0

  name               = "${var.name}-backlog"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.tasks.service_namespace
  scalable_dimension = aws_appautoscaling_target.tasks.scalable_dimension
  resource_id        = aws_appautoscaling_target.tasks.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.scaling.backlog.messages_per_task
    scale_out_cooldown = var.scaling.scale_out_cooldown_seconds
    scale_in_cooldown  = var.scaling.scale_in_cooldown_seconds

    customized_metric_specification {
      metrics {
        id          = "messages"
        label       = "Messages waiting"
        return_data = false

        metric_stat {
          stat = "Maximum"

          metric {
            namespace   = "AWS/SQS"
            metric_name = "ApproximateNumberOfMessagesVisible"

            dimensions {
              name  = "QueueName"
              value = var.scaling.backlog.queue_name
            }
          }
        }
      }

      # Every running task reports its CPU once a minute, so the number of
      # samples is the number of tasks, Container Insights or not.
      metrics {
        id          = "tasks"
        label       = "Running tasks"
        return_data = false

        metric_stat {
          stat = "SampleCount"

          metric {
            namespace   = "AWS/ECS"
            metric_name = "CPUUtilization"

            dynamic "dimensions" {
              for_each = local.service_dimensions

              content {
                name  = dimensions.key
                value = dimensions.value
              }
            }
          }
        }
      }

      metrics {
        id          = "backlog"
        label       = "Messages waiting per running task"
        expression  = "messages / FILL(tasks, 1)"
        return_data = true
      }
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.bounds]
  }
}

resource "aws_appautoscaling_scheduled_action" "bounds" {
  for_each = var.scaling.schedules

  name               = "${var.name}-${each.key}"
  service_namespace  = aws_appautoscaling_target.tasks.service_namespace
  scalable_dimension = aws_appautoscaling_target.tasks.scalable_dimension
  resource_id        = aws_appautoscaling_target.tasks.resource_id
  schedule           = each.value.expression
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = each.value.max
  }

  lifecycle {
    replace_triggered_by = [terraform_data.bounds]
  }
}
