"""Every metric of CloudWatch that a row names is one that AWS documents, or one that we write ourselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.monitoring.alerts import CloudWatchMetric, Thing
from studyruntime.metrics import ALL_METRICS
from studyruntime.metrics.emf import NAMESPACE
from studyservices.instruments import OF_SERVICES

WATCH = read_watch(REPOSITORY)
OURS = {metric.name: metric for metric in (*ALL_METRICS, *OF_SERVICES)}
SCRIPT = (REPOSITORY / "terraform" / "vector_db" / "files" / "qdrant-health.sh").read_text("utf-8")

# By namespace: the user guide's page, and of its metrics those that are of use here.
DOCUMENTED = {
    # Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer"
    "AWS/ApplicationELB": """ActiveConnectionCount ConsumedLCUs HealthyHostCount HTTPCode_ELB_5XX_Count
        HTTPCode_Target_2XX_Count HTTPCode_Target_3XX_Count HTTPCode_Target_4XX_Count HTTPCode_Target_5XX_Count
        NewConnectionCount ProcessedBytes RejectedConnectionCount RequestCount RequestCountPerTarget
        TargetConnectionErrorCount TargetResponseTime UnHealthyHostCount""",
    # AWS Billing, "Monitor estimated charges using CloudWatch"
    "AWS/Billing": "EstimatedCharges",
    # AWS Certificate Manager, "Supported CloudWatch metrics"
    "AWS/CertificateManager": "DaysToExpiry",
    # Amazon EC2, "CloudWatch metrics that are available for your instances"
    "AWS/EC2": "CPUUtilization EBSReadBytes EBSWriteBytes NetworkIn NetworkOut StatusCheckFailed",
    # Amazon ECS, "Amazon ECS CloudWatch metrics"
    "AWS/ECS": "CPUUtilization MemoryUtilization",
    # Amazon ElastiCache, "Metrics for Valkey and Redis OSS", "Host-Level Metrics"
    "AWS/ElastiCache": """BytesUsedForCache CacheHitRate CPUUtilization CurrConnections CurrItems
        DatabaseMemoryUsagePercentage EngineCPUUtilization Evictions FreeableMemory NewConnections ReplicationLag""",
    # Amazon RDS, "Amazon CloudWatch instance-level metrics for Amazon RDS"
    "AWS/RDS": """CPUUtilization DatabaseConnections DiskQueueDepth FreeableMemory FreeStorageSpace ReadIOPS ReadLatency
        ReplicaLag WriteIOPS WriteLatency""",
    # Amazon S3, "Amazon S3 daily storage metrics for buckets in CloudWatch"
    "AWS/S3": "BucketSizeBytes NumberOfObjects",
    # Amazon SQS, "Available CloudWatch metrics for Amazon SQS"
    "AWS/SQS": """ApproximateAgeOfOldestMessage ApproximateNumberOfMessagesDelayed
        ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesVisible NumberOfMessagesDeleted
        NumberOfMessagesReceived NumberOfMessagesSent""",
}
# Which namespaces have metrics of a thing, by the dimensions that infra/platform/watched.tf gives it.
NAMESPACES: dict[Thing, set[str]] = {
    "balancer": {"AWS/ApplicationELB"},
    "bill": {"AWS/Billing"},
    "bucket": {"AWS/S3"},
    "cache": {"AWS/ElastiCache"},
    "certificate": {"AWS/CertificateManager"},
    "database": {"AWS/RDS"},
    "dead_letter_queue": {"AWS/SQS"},
    "log": {NAMESPACE},
    "outbox": {NAMESPACE},
    "queue": {"AWS/SQS"},
    "replica": {"AWS/RDS"},
    "service": {"AWS/ECS"},
    "target_group": {"AWS/ApplicationELB"},
    "vector_node": {"AWS/EC2", "VectorDatabase"},
    "vector_search": {NAMESPACE},
}


def named() -> Iterator[tuple[str, Thing, CloudWatchMetric]]:
    """Who names which metric, of which thing."""
    for alert in WATCH.alerts:
        if alert.cloudwatch is not None:
            single = [alert.cloudwatch.metric] if alert.cloudwatch.metric is not None else []
            for metric in (*single, *alert.cloudwatch.metrics.values()):
                yield alert.name, alert.cloudwatch.each, metric
    for dashboard in WATCH.dashboards:
        for panel in dashboard.panels:
            if panel.cloudwatch is not None:
                for metric in panel.cloudwatch.metrics.values():
                    yield f"{dashboard.name}: {panel.title}", panel.cloudwatch.each, metric


@pytest.mark.parametrize(("who", "thing", "metric"), list(named()), ids=lambda each: getattr(each, "name", str(each)))
def test_a_metric_exists(who: str, thing: Thing, metric: CloudWatchMetric) -> None:
    assert metric.namespace in NAMESPACES[thing], f"{who}: {thing} has no metrics in {metric.namespace}"
    if metric.namespace in DOCUMENTED:
        assert metric.name in DOCUMENTED[metric.namespace].split(), who
    elif metric.namespace == "VectorDatabase":
        assert f"MetricName={metric.name}," in SCRIPT, who
    elif thing == "log":
        assert metric.name in {row.metric for row in WATCH.log_counts}, who
    else:
        # EMF makes every label a dimension: one with labels has no series of service and environment alone.
        assert OURS[metric.name].labels == (), who


def test_balancers_write_no_size_of_a_group() -> None:
    """Elastic Load Balancing has these for a balancer only."""
    of_balancers = {"ActiveConnectionCount", "ConsumedLCUs", "ProcessedBytes", "HTTPCode_ELB_5XX_Count"}
    assert [who for who, thing, metric in named() if thing == "target_group" and metric.name in of_balancers] == []
