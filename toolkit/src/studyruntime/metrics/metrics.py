"""Where code reports what it did: to Prometheus always, and to CloudWatch where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from studyruntime.metrics.definitions import ALL_METRICS, Kind, Metric
from studyruntime.metrics.emf import EmfBuffer

SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_KINDS: dict[Kind, Any] = {Kind.COUNTER: Counter, Kind.GAUGE: Gauge, Kind.HISTOGRAM: Histogram}


class Metrics:
    """The metrics of a process. Each has a registry of its own, so that tests and programs do not share numbers."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, metrics: Sequence[Metric] = ALL_METRICS, *, emf: EmfBuffer | None = None) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        self._emf = emf
        self._collectors = {metric: self._collector(metric) for metric in metrics}
        self._measures: list[Callable[[], None]] = []

    def count(self, metric: Metric, amount: float = 1.0, **labels: str) -> None:
        """Add to a counter."""
        self._child(metric, labels).inc(amount)
        self._tell_cloudwatch(metric, amount, labels)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        """Say what a gauge shows now."""
        self._child(metric, labels).set(value)
        self._tell_cloudwatch(metric, value, labels)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """Add one value to a histogram."""
        self._child(metric, labels).observe(value)
        self._tell_cloudwatch(metric, value, labels)

    def measure_for_cloudwatch(self, measure: Callable[[], None]) -> None:
        """Call this whenever CloudWatch is about to be told: for what nobody reports by itself, such as what waits."""
        self._measures.append(measure)

    def refresh(self) -> None:
        """Measure what is measured for CloudWatch."""
        for measure in self._measures:
            measure()

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format, for /metrics."""
        return generate_latest(self._registry)

    def value(self, metric: Metric, **labels: str) -> float:
        """What a counter or gauge shows; 0 before its first report. For tests and health pages."""
        return self._registry.get_sample_value(metric.name, labels) or 0.0

    def _collector(self, metric: Metric) -> Any:
        options = {"buckets": SECONDS_BUCKETS} if metric.kind is Kind.HISTOGRAM else {}
        return _KINDS[metric.kind](metric.name, metric.description, metric.labels, registry=self._registry, **options)

    def _child(self, metric: Metric, labels: dict[str, str]) -> Any:
        collector = self._collectors[metric]
        return collector.labels(**labels) if metric.labels else collector

    def _tell_cloudwatch(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        if self._emf is not None:
            self._emf.add(metric, value, labels)
