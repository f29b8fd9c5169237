locals {
  identifier   = "${var.name}-cache"
  port         = 6379
  has_failover = var.replicas > 0

  engine_major = split(".", var.engine.version)[0]
  family       = "${var.engine.name}${local.engine_major}"
}

resource "aws_elasticache_subnet_group" "isolated" {
  name        = local.identifier
  description = "Isolated subnets of ${local.identifier}: no route to or from the internet"
  subnet_ids  = var.network.isolated_subnet_ids
}

# The name carries the family, and the new group comes before the old one goes,
# because an engine upgrade needs both at once.
resource "aws_elasticache_parameter_group" "engine" {
  name        = "${local.identifier}-${local.family}"
  family      = local.family
  description = "Eviction and slow log of ${local.identifier}"

  parameter {
    name  = "maxmemory-policy"
    value = var.eviction_policy
  }

  parameter {
    name  = "slowlog-log-slower-than"
    value = "10000" # microseconds
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "cache" {
  #checkov:skip=CKV2_AWS_50:automatic failover needs a replica; it is on as soon as var.replicas is above 0
  #checkov:skip=CKV_AWS_31:sign-in is by IAM through a user group; an auth token would lie in the state
  replication_group_id = local.identifier
  description          = "Cache of ${var.name}"

  engine                     = var.engine.name
  engine_version             = var.engine.version
  auto_minor_version_upgrade = true
  parameter_group_name       = aws_elasticache_parameter_group.engine.name
  node_type                  = var.node_type
  port                       = local.port

  num_cache_clusters         = 1 + var.replicas
  automatic_failover_enabled = local.has_failover
  multi_az_enabled           = local.has_failover

  subnet_group_name  = aws_elasticache_subnet_group.isolated.name
  security_group_ids = [aws_security_group.cache.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  user_group_ids             = [aws_elasticache_user_group.clients.user_group_id]

  snapshot_retention_limit = var.snapshot_retention_days
  snapshot_window          = var.snapshot_retention_days > 0 ? "03:00-04:00" : null
  maintenance_window       = "sun:05:00-sun:06:00"
  apply_immediately        = var.is_disposable

  dynamic "log_delivery_configuration" {
    for_each = aws_cloudwatch_log_group.delivered

    content {
      log_type         = log_delivery_configuration.key
      log_format       = "json"
      destination_type = "cloudwatch-logs"
      destination      = log_delivery_configuration.value.name
    }
  }
}
