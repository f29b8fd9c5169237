"""CloudWatch's Embedded Metric Format: metrics as log lines, which CloudWatch Logs turns into metrics.

Source: Amazon CloudWatch User Guide, 'Specification: Embedded metric format'. Written by hand: the powertools library
is made for functions that end, and prints by itself whenever a metric has a hundred values; the tests hold what is
written here against it.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studyruntime.logs import get_logger
from studyruntime.metrics.definitions import Kind, Metric

_log = get_logger(__name__)
NAMESPACE = "StudyPlatform"
MAX_VALUES = 100
"""The specification's limit of values in one array. Of more, a fair sample is kept."""

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Series:
    """What one metric with one set of labels did since it was written last."""

    total: float = 0.0
    seen: int = 0
    sample: list[float] = field(default_factory=list)


class EmfBuffer:
    """Gathers values between two writes. Safe for threads."""

    def __init__(self, dimensions: Mapping[str, str], *, namespace: str = NAMESPACE) -> None:
        self._namespace = namespace
        self._dimensions = dict(dimensions)
        self._series: dict[tuple[Metric, Labels], Series] = {}
        self._lock = threading.Lock()
        self._chance = random.Random()  # noqa: S311 - chooses samples, guards nothing

    def add(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """Take one value: counters are summed, gauges keep the last, of histograms a sample is kept."""
        key = metric, tuple(sorted(labels.items()))
        with self._lock:
            series = self._series.setdefault(key, Series())
            series.seen += 1
            series.total = series.total + value if metric.kind is Kind.COUNTER else value
            if metric.kind is Kind.HISTOGRAM:
                self._take_sample(series, value)

    def drain(self, now_milliseconds: int) -> list[dict[str, Any]]:
        """One document for each series that changed, and an empty buffer."""
        with self._lock:
            series, self._series = self._series, {}
        return [self._document(metric, labels, what, now_milliseconds) for (metric, labels), what in series.items()]

    def _take_sample(self, series: Series, value: float) -> None:
        if len(series.sample) < MAX_VALUES:
            series.sample.append(value)
            return
        place = self._chance.randrange(series.seen)  # Vitter's algorithm R
        if place < MAX_VALUES:
            series.sample[place] = value

    def _document(self, metric: Metric, labels: Labels, series: Series, now_milliseconds: int) -> dict[str, Any]:
        dimensions = {**self._dimensions, **dict(labels)}
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [list(dimensions)],
            "Metrics": [{"Name": metric.name, "Unit": metric.unit.value}],
        }
        value = series.sample if metric.kind is Kind.HISTOGRAM else series.total
        return {
            "_aws": {"Timestamp": now_milliseconds, "CloudWatchMetrics": [directive]},
            **dimensions,
            metric.name: value,
        }


class EmfWriter:
    """Writes a buffer every so often, from a thread of its own, and calls `refresh` before."""

    def __init__(
        self,
        buffer: EmfBuffer,
        write: Callable[[str], object],
        *,
        interval_seconds: float = 60.0,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._buffer = buffer
        self._write = write
        self._interval_seconds = interval_seconds
        self._refresh = refresh
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="emf", daemon=True)
        self._thread.start()

    def flush(self) -> None:
        """Write now what there is."""
        for document in self._buffer.drain(round(time.time() * 1000)):
            self._write(json.dumps(document) + "\n")

    def close(self) -> None:
        """Write what is left and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_seconds):
            try:
                self._refresh()
            except Exception:  # noqa: BLE001 - what cannot be measured must not silence everything else
                _log.exception("could not be measured")
            self.flush()
