locals {
  parameters = {
    "rds.force_ssl"              = "1"
    "log_connections"            = "1"
    "log_disconnections"         = "1"
    "log_lock_waits"             = "1"
    "log_statement"              = "ddl"
    "log_min_duration_statement" = tostring(var.logs.slow_query_milliseconds)
    "log_temp_files"             = "10240" # KiB; a sort this large wants memory or an index
    "track_io_timing"            = "1"
  }
}

# The name carries the major version, and the new group comes before the old one
# goes, because a major upgrade needs both families at once.
resource "aws_db_parameter_group" "postgresql" {
  name_prefix = "${local.identifier}-postgres${local.engine_major}-"
  family      = "postgres${local.engine_major}"
  description = "TLS required; slow queries, locks and DDL are logged"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
