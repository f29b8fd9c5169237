"""What is published in CloudWatch, by namespace, name and dimensions: AWS's documentation as a table, and our own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ruamel.yaml import YAML
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import read_watch
from studyruntime.metrics import ALL_METRICS
from studyruntime.metrics.emf import NAMESPACE
from studyservices.instruments import OF_SERVICES

VECTOR_NAMESPACE = "VectorDatabase"
_TABLE: Mapping[str, Mapping[str, Mapping[str, Collection[Collection[str]]]]] = YAML(typ="safe").load(
    Path(__file__).with_suffix(".yaml")
)
_HEALTH_SCRIPT = (REPOSITORY / "terraform" / "vector_db" / "files" / "qdrant-health.sh").read_text("utf-8")
_COUNTED_IN_LOGS = frozenset(row.metric for row in read_watch(REPOSITORY).log_counts)
_LABELS = {metric.name: frozenset(metric.labels) for metric in (*ALL_METRICS, *OF_SERVICES)}
_OF_PROCESS = frozenset({"service", "environment"})
"""What every process says of itself (studyservices.instruments) and a log metric filter reads (terraform/log_watch)."""


def dimension_sets(namespace: str, name: str) -> frozenset[frozenset[str]]:
    """Every set of dimensions that a metric is published with; none when there is no such metric."""
    if namespace == VECTOR_NAMESPACE:
        is_reported = f"MetricName={name},$dimension," in _HEALTH_SCRIPT
        return frozenset({frozenset({"AutoScalingGroupName"})} if is_reported else ())
    if namespace == NAMESPACE:
        # EMF makes every label a dimension: one with labels has no series of service and environment alone
        labels = _LABELS.get(name, frozenset() if name in _COUNTED_IN_LOGS else None)
        return frozenset(() if labels is None else {_OF_PROCESS | labels})
    metrics = _TABLE[namespace]["metrics"] if namespace in _TABLE else {}
    return frozenset(frozenset(dimensions) for dimensions in metrics.get(name, ()))


def problem(namespace: str, name: str, dimensions: Collection[str]) -> str | None:
    """Why nobody would ever see a value there; None where there is one."""
    published = dimension_sets(namespace, name)
    if not published:
        return f"nobody publishes {name} in {namespace}"
    if frozenset(dimensions) in published:
        return None
    known = " or ".join(sorted(str(sorted(each)) for each in published))
    return f"{namespace} {name} is published with {known}, not with {sorted(dimensions)}"
