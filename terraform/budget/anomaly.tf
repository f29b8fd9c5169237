# An account may have one monitor over all services, and AWS makes it by itself
# where Cost Explorer was switched on lately. With cost_tag the monitor is a
# custom one, of which every environment can have its own.
resource "aws_ce_anomaly_monitor" "spending" {
  count = var.has_anomaly_alert ? 1 : 0

  name              = "${var.name}-spending"
  monitor_type      = var.cost_tag == null ? "DIMENSIONAL" : "CUSTOM"
  monitor_dimension = var.cost_tag == null ? "SERVICE" : null

  # Every key is written out because Cost Explorer returns the empty ones too,
  # and a change of this document replaces the monitor with all it has learnt.
  monitor_specification = var.cost_tag == null ? null : jsonencode({
    And            = null
    CostCategories = null
    Dimensions     = null
    Not            = null
    Or             = null
    Tags = {
      Key          = "user:${var.cost_tag.key}"
      MatchOptions = null
      Values       = [var.cost_tag.value]
    }
  })
}

resource "aws_ce_anomaly_subscription" "spending" {
  count = var.has_anomaly_alert ? 1 : 0

  name             = "${var.name}-spending"
  monitor_arn_list = [aws_ce_anomaly_monitor.spending[0].arn]

  # AWS sends to topics at once, and only at once.
  frequency = "IMMEDIATE"

  subscriber {
    type    = "SNS"
    address = var.topic_arn
  }

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.anomaly_min_usd)]
    }
  }
}
