"""Reads the embedded metric format: a log line that is a JSON document with metrics in it.

Source: Amazon CloudWatch User Guide, 'Specification: Embedded metric format'. A document that breaks it is a line of
text and nothing else, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey

ROOT, DIRECTIVES = "_aws", "CloudWatchMetrics"
MOST_METRICS, MOST_DIMENSIONS, MOST_VALUES = 100, 30, 100
"""The specification's limits: metrics of a directive, dimensions of a set, values of an array."""


@dataclass(frozen=True)
class Measurement:
    """One value of one metric, and when it was measured by the wall clock."""

    key: MetricKey
    value: float
    at_seconds: float


def measurements(line: str) -> tuple[Measurement, ...]:
    """Everything that a log line measured; nothing for a line that is no such document."""
    if f'"{ROOT}"' not in line:
        return ()
    try:
        return tuple(_of_document(json.loads(line)))
    except (KeyError, TypeError, ValueError):
        return ()


def _of_document(document: Mapping[str, Any]) -> Iterator[Measurement]:
    root = document[ROOT]
    at_seconds = int(root["Timestamp"]) / 1000
    for directive in root[DIRECTIVES]:
        metrics = directive["Metrics"]
        if len(metrics) > MOST_METRICS:
            raise ValueError(f"{len(metrics)} metrics in one directive")
        for names in directive["Dimensions"]:
            dimensions = _dimensions(names, document)
            for metric in metrics:
                key = MetricKey.of(str(directive["Namespace"]), str(metric["Name"]), dimensions)
                for value in _values(document[metric["Name"]]):
                    yield Measurement(key, value, at_seconds)


def _dimensions(names: Sequence[str], document: Mapping[str, Any]) -> dict[str, str]:
    if len(names) > MOST_DIMENSIONS:
        raise ValueError(f"{len(names)} dimensions in one set")
    return {name: str(document[name]) for name in names}


def _values(target: Any) -> Sequence[float]:
    values = target if isinstance(target, list) else [target]
    if len(values) > MOST_VALUES or any(
        isinstance(value, bool) or not isinstance(value, int | float) for value in values
    ):
        raise ValueError("a metric's target is a number or at most a hundred of them")
    return [float(value) for value in values]
