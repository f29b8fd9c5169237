output "service" {
  description = "What releases, alarms and other workloads need to know of the service."
  value = {
    name                   = aws_ecs_service.main.name
    arn                    = aws_ecs_service.main.id
    task_definition_family = aws_ecs_task_definition.main.family
    task_definition_arn    = aws_ecs_task_definition.main.arn
    container_name         = local.container_name
    execution_role_arn     = aws_iam_role.execution.arn
    execution_role_name    = aws_iam_role.execution.name
    task_role_arn          = aws_iam_role.task.arn
    task_role_name         = aws_iam_role.task.name
    security_group_id      = aws_security_group.tasks.id
    log_group_name         = aws_cloudwatch_log_group.main.name
    log_group_arn          = aws_cloudwatch_log_group.main.arn
    rollback_alarm_names   = local.rollback_alarm_names
    discovery_name         = var.discovery == null ? null : "${var.discovery.name}.${var.cluster.namespace.name}"

    autoscaling = {
      resource_id = aws_appautoscaling_target.tasks.resource_id
      min         = var.scaling.min
      max         = var.scaling.max
      fewest      = min(concat([var.scaling.min], values(var.scaling.schedules)[*].min)...) # by any schedule
      policies    = sort(concat(values(aws_appautoscaling_policy.utilisation)[*].name, aws_appautoscaling_policy.backlog[*].name))
    }

    dimensions = local.service_dimensions # of its metrics in AWS/ECS
  }
}

# Apart from the rest: who admits these tasks (a database, a cache) must not wait for them, because they in turn
# are told its address.
output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.tasks.id
}
