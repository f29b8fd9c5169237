"""Where the metrics of an account and region lie: in moto's backend of CloudWatch, so that they go when it is reset."""

from __future__ import annotations

from typing import Any

from studyctl.adapters.emulator.ecs_agent.metric_store import MetricStore

_ATTRIBUTE = "_studyctl_metrics"


def store_of(backend: Any) -> MetricStore:
    """The metrics of one backend."""
    found = backend.__dict__.setdefault(_ATTRIBUTE, MetricStore())
    assert isinstance(found, MetricStore)  # noqa: S101  nobody else writes there
    return found
