"""Panels of Grafana for what CloudWatch alone measures: the bill, the disk, the nodes that no service asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grafana_foundation_sdk.builders import cloudwatch
from grafana_foundation_sdk.models.cloudwatch import MetricEditorMode, MetricQueryType
from grafana_foundation_sdk.models.common import DataSourceRef

from studyctl.domain.monitoring.alerts import Alert, CloudWatchMetric, Thing
from studyctl.domain.monitoring.dashboards import CloudWatchPanel, Panel

SOURCE = DataSourceRef(type_val="cloudwatch", uid="${cloudwatch}")
EVERY = "*"
MINUTE_SECONDS = 60
DIMENSIONS: Mapping[Thing, Mapping[str, str]] = {
    "balancer": {"LoadBalancer": EVERY},
    "bill": {"Currency": "USD"},
    "bucket": {"BucketName": EVERY, "StorageType": "StandardStorage"},
    "cache_node": {"CacheClusterId": EVERY},
    "cache_reader": {"service": "api", "environment": EVERY},
    "certificate": {"CertificateArn": EVERY},
    "database": {"DBInstanceIdentifier": EVERY},
    "dead_letter_queue": {"QueueName": EVERY},
    "log": {"service": EVERY, "environment": EVERY},
    "outbox": {"service": "outbox-relay", "environment": EVERY},
    "queue": {"QueueName": EVERY},
    "replica": {"DBInstanceIdentifier": EVERY},
    "service": {"ClusterName": EVERY, "ServiceName": EVERY},
    "target_group": {"LoadBalancer": EVERY, "TargetGroup": EVERY},
    "vector_node": {"AutoScalingGroupName": EVERY},
    "vector_search": {"service": "api", "environment": EVERY},
}
"""As infra/platform/watched.tf names them. A dashboard is for any account: it draws a line for each thing it finds."""
REGIONS: Mapping[Thing, str] = {"bill": "us-east-1"}
"""Where a metric is in one region only; all others are in the region of the data source."""


def drawn(panel: Panel, alerts: Mapping[str, Alert]) -> CloudWatchPanel | None:
    """What a panel draws of CloudWatch where it has no form for Prometheus.

    Raises:
        ValueError: it is computed: Grafana computes nothing from metrics that it searches for.
    """
    if panel.prometheus or any(alerts[name].prometheus is not None for name in panel.alerts):
        return None
    if not panel.alerts:
        if panel.cloudwatch is not None and panel.cloudwatch.is_rate:
            raise ValueError(f"{panel.title}: a rate of CloudWatch alone cannot be drawn, give it prometheus too")
        return panel.cloudwatch
    alert = alerts[panel.alerts[0]]
    assert alert.cloudwatch is not None  # noqa: S101  an alert has one of both
    if alert.cloudwatch.metric is None:
        raise ValueError(f"{panel.title}: a formula of CloudWatch alone cannot be drawn, give it prometheus too")
    return CloudWatchPanel(
        each=alert.cloudwatch.each,
        metrics={"value": alert.cloudwatch.metric},
        period_seconds=alert.window.period_seconds,
    )


def queries(source: CloudWatchPanel) -> Iterator[cloudwatch.MetricsQuery]:
    """One query a metric, which finds every thing of the kind."""
    for place, (name, metric) in enumerate(source.metrics.items()):
        own_name = name if len(source.metrics) > 1 else ""
        yield _query(source, metric, own_name).ref_id(chr(ord("A") + place))


def _query(source: CloudWatchPanel, metric: CloudWatchMetric, own_name: str) -> cloudwatch.MetricsQuery:
    dimensions = {**DIMENSIONS[source.each], **metric.dimensions}
    things = [f"${{PROP('Dim.{name}')}}" for name, value in dimensions.items() if value == EVERY]
    is_long = source.period_seconds > MINUTE_SECONDS
    return (
        cloudwatch.MetricsQuery()
        .metric_query_type(MetricQueryType.SEARCH)
        .metric_editor_mode(MetricEditorMode.BUILDER)
        .id("")
        .expression("")
        .region(REGIONS.get(source.each, "default"))
        .namespace(metric.namespace)
        .metric_name(metric.name)
        .statistic(metric.statistic)
        .dimensions({**dimensions})
        .match_exact(True)
        .period(str(source.period_seconds) if is_long else "auto")  # never finer than it is published
        .label(" ".join((*things, own_name)).strip() or metric.name)
    )
