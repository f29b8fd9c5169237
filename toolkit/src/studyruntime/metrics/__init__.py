"""Metrics for Prometheus and CloudWatch."""

from studyruntime.metrics.definitions import ALL_METRICS, Kind, Metric, Unit
from studyruntime.metrics.emf import EmfBuffer, EmfWriter
from studyruntime.metrics.metrics import Metrics

__all__ = ["ALL_METRICS", "EmfBuffer", "EmfWriter", "Kind", "Metric", "Metrics", "Unit"]
