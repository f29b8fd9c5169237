mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
}

variables {
  name = "acme"
}

run "makes_nothing_by_itself" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_dashboard.main) == 0
    error_message = "Dashboards are made only where they are asked for."
  }
}

run "draws_what_it_is_told" {
  command = plan

  variables {
    dashboards = {
      api = {
        panels = [
          { title = "Rings", alarm_arns = ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:acme-errors"] },
          {
            title   = "Errors"
            unit    = "percent"
            formula = "100 * errors / requests"
            metrics = [
              { id = "errors", label = "errors", namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", statistic = "Sum", dimensions = { LoadBalancer = "app/acme" } },
              { id = "requests", label = "requests", namespace = "AWS/ApplicationELB", name = "RequestCount", statistic = "Sum" },
            ]
            lines = [{ label = "too many", value = 5, kind = "critical" }]
          },
          {
            title   = "Requests"
            unit    = "requests a second"
            is_rate = true
            metrics = [{ label = "requests", namespace = "AWS/ApplicationELB", name = "RequestCount", statistic = "Sum" }]
          },
          {
            title          = "Bill"
            unit           = "US dollars"
            region         = "us-east-1"
            period_seconds = 21600
            metrics        = [{ label = "bill", namespace = "AWS/Billing", name = "EstimatedCharges", statistic = "Maximum", dimensions = { Currency = "USD" } }]
          },
        ]
      }
    }
  }

  assert {
    condition     = aws_cloudwatch_dashboard.main["api"].dashboard_name == "acme-api" && output.dashboard_names == { api = "acme-api" }
    error_message = "The name is the prefix and the key."
  }

  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.main["api"].dashboard_body).widgets : [widget.type, widget.x, widget.y]] == [
      ["alarm", 0, 0], ["metric", 12, 0], ["metric", 0, 6], ["metric", 12, 6],
    ]
    error_message = "Panels stand side by side, in order."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.main["api"].dashboard_body).widgets[1].properties.metrics == [
      [{ id = "result", expression = "100 * errors / requests", label = "percent" }],
      ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", "app/acme", { id = "errors", label = "errors", stat = "Sum", period = 60, visible = false }],
      ["AWS/ApplicationELB", "RequestCount", { id = "requests", label = "requests", stat = "Sum", period = 60, visible = false }],
    ]
    error_message = "A formula is drawn, its parts are not."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.main["api"].dashboard_body).widgets[1].properties.annotations.horizontal == [{ label = "too many", value = 5, color = "#d62728" }]
    error_message = "The limit of an alert is a line."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.main["api"].dashboard_body).widgets[2].properties.metrics[0] == [{ id = "rate0", expression = "m0 / PERIOD(m0)", label = "requests" }]
    error_message = "A rate is by the second."
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.main["api"].dashboard_body).widgets : try(widget.properties.region, "")] == ["", "eu-west-1", "eu-west-1", "us-east-1"]
    error_message = "Metrics are of this region unless a panel says otherwise."
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.main["api"].dashboard_body).widgets : try("${widget.properties.start} to ${widget.properties.end}", "")] == ["", "", "", "-P14D to P0D"]
    error_message = "What is measured a few times a day is shown over two weeks, all else over what the reader chooses."
  }
}

run "refuses_what_cloudwatch_refuses" {
  command         = plan
  expect_failures = [var.name, var.dashboards]

  variables {
    name       = "acme.prod"
    dashboards = { empty = { panels = [{ title = "nothing" }] } }
  }
}

run "refuses_a_formula_over_what_has_no_name" {
  command         = plan
  expect_failures = [var.dashboards]

  variables {
    dashboards = { typo = { panels = [{ title = "Errors", formula = "2 * errors", metrics = [{ label = "errors", namespace = "N", name = "M" }] }] } }
  }
}

run "refuses_a_line_of_no_kind" {
  command         = plan
  expect_failures = [var.dashboards]

  variables {
    dashboards = { typo = { panels = [{ title = "Errors", metrics = [{ label = "errors", namespace = "N", name = "M" }], lines = [{ label = "-", value = 1, kind = "urgent" }] }] } }
  }
}
