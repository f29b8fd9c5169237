mock_provider "aws" {}

variables {
  name       = "acme"
  namespace  = "Acme"
  log_groups = { api = "/ecs/acme-api", worker = "/ecs/acme-worker" }
}

run "makes_nothing_by_itself" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_log_metric_filter.count) == 0 && length(aws_cloudwatch_query_definition.question) == 0
    error_message = "Counts and queries are made only where they are asked for."
  }
}

run "counts_in_every_group_and_asks_all_of_them" {
  command = plan

  variables {
    counts  = { errors = { pattern = "{ $.level = \"error\" }", metric = "errors_total" } }
    queries = { errors = "filter level = \"error\"" }
  }

  assert {
    condition     = { for key, filter in aws_cloudwatch_log_metric_filter.count : key => filter.log_group_name } == { "errors/api" = "/ecs/acme-api", "errors/worker" = "/ecs/acme-worker" }
    error_message = "A filter belongs to one group."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.count["errors/api"].metric_transformation[0].dimensions == tomap({ environment = "$.environment", service = "$.service" })
    error_message = "Dimensions are read from the line."
  }

  assert {
    condition     = aws_cloudwatch_query_definition.question["errors"].name == "acme/errors" && tolist(aws_cloudwatch_query_definition.question["errors"].log_group_names) == tolist(["/ecs/acme-api", "/ecs/acme-worker"])
    error_message = "A query is asked of all groups."
  }

  assert {
    condition     = output.watch.metrics == tolist(["errors_total"])
    error_message = "Dashboards are told which metrics there are."
  }
}

run "refuses_what_cloudwatch_refuses" {
  command         = plan
  expect_failures = [var.name, var.log_groups, var.namespace, var.dimension_fields, var.counts, var.queries]

  variables {
    name             = "acme:prod"
    log_groups       = {}
    namespace        = "AWS/Logs"
    dimension_fields = ["a", "b", "c", "d"]
    counts           = { text = { pattern = "ERROR", metric = "errors" } }
    queries          = { empty = "" }
  }
}
