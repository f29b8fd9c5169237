locals {
  counted = merge([
    for count, about in var.counts : {
      for group, name in var.log_groups : "${count}/${group}" => { pattern = about.pattern, metric = about.metric, log_group = name, name = "${var.name}-${count}" }
    }
  ]...)
}

# A filter belongs to one group, so each count has one in every group. The dimensions are read from the line, which leaves
# no place for a default: without a matching line there is no sample.
resource "aws_cloudwatch_log_metric_filter" "count" {
  for_each = local.counted

  name           = each.value.name
  log_group_name = each.value.log_group
  pattern        = each.value.pattern

  metric_transformation {
    namespace  = var.namespace
    name       = each.value.metric
    value      = "1"
    unit       = "Count"
    dimensions = { for field in var.dimension_fields : field => "$.${field}" }
  }
}

# The console shows names with slashes as folders.
resource "aws_cloudwatch_query_definition" "question" {
  for_each = var.queries

  name            = "${var.name}/${each.key}"
  log_group_names = sort(values(var.log_groups))
  query_string    = each.value
}
