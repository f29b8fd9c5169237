"""Metrics of one account and region: what was measured, by second, with every statistic that is asked for.

Whole seconds are kept for ten minutes, whole minutes for three hours; older data are forgotten.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FINE_SECONDS = 600
KEPT_SECONDS = 3 * 3600
_MINUTE = 60
_STEP = math.log(1.01)
"""Percentiles are exact to one in a hundred."""


@dataclass(frozen=True)
class MetricKey:
    """A metric: the dimensions are all of its dimensions, as on AWS."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> MetricKey:
        """The key whatever the order of dimensions."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass
class Sample:
    """Everything that was measured in one stretch of time."""

    count: float = 0.0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    _histogram: Counter[int] = field(default_factory=Counter)

    def add(self, value: float, count: float = 1.0) -> None:
        """One value, `count` times."""
        self.count += count
        self.total += value * count
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        self._histogram[_bin(value)] += math.ceil(count)

    def add_statistics(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """A set of statistics; its percentiles are guessed from the average."""
        self.merge(Sample(count, total, minimum, maximum, Counter({_bin(total / count): math.ceil(count)})))

    def merge(self, other: Sample) -> None:
        """Everything of another stretch."""
        self.count += other.count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self._histogram.update(other._histogram)

    def statistic(self, name: str) -> float | None:
        """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p95`; None for others."""
        if not self.count:
            return None
        if _is_percentile(name):
            return self._percentile(float(name[1:]))
        return {
            "Sum": self.total,
            "Average": self.total / self.count,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
            "SampleCount": self.count,
        }.get(name)

    def _percentile(self, percent: float) -> float:
        wanted = self._histogram.total() * percent / 100
        seen = 0
        for index in sorted(self._histogram):
            seen += self._histogram[index]
            if seen >= wanted:
                return min(max(_value(index), self.minimum), self.maximum)
        return self.maximum


class MetricStore:
    """Safe to use from many threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._fine: dict[MetricKey, dict[int, Sample]] = {}
        self._coarse: dict[MetricKey, dict[int, Sample]] = {}
        self.put_seconds = 0.0
        """When somebody outside last put data, by the wall clock."""

    def add(self, key: MetricKey, value: float, *, at_seconds: float, count: float = 1.0) -> None:
        """One value, measured at a time of the wall clock."""
        with self._guard:
            self._sample(key, at_seconds).add(value, count)

    def add_statistics(
        self, key: MetricKey, *, count: float, total: float, minimum: float, maximum: float, at_seconds: float
    ) -> None:
        """A set of statistics, as PutMetricData takes them."""
        if count:
            with self._guard:
                self._sample(key, at_seconds).add_statistics(count, total, minimum, maximum)

    def samples(
        self, key: MetricKey, *, start_seconds: float, end_seconds: float, period_seconds: float
    ) -> list[Sample]:
        """One sample for each period from start to end; a period without data has an empty one."""
        periods = max(0, math.ceil((end_seconds - start_seconds) / period_seconds))
        samples = [Sample() for _ in range(periods)]
        with self._guard:
            for second, sample in self._between(key, start_seconds, end_seconds):
                samples[int((second - start_seconds) // period_seconds)].merge(sample)
        return samples

    def metrics(self) -> list[MetricKey]:
        """Every metric that has data."""
        with self._guard:
            return list(dict.fromkeys((*self._fine, *self._coarse)))

    def forget_old(self, *, now_seconds: float) -> None:
        """Fold seconds into minutes, and drop what is too old."""
        with self._guard:
            for key, seconds in self._fine.items():
                for second in [each for each in seconds if each < now_seconds - FINE_SECONDS]:
                    minutes = self._coarse.setdefault(key, {})
                    minutes.setdefault(second - second % _MINUTE, Sample()).merge(seconds.pop(second))
            for kept in (self._fine, self._coarse):
                for key in list(kept):
                    kept[key] = {at: each for at, each in kept[key].items() if at >= now_seconds - KEPT_SECONDS}
                    if not kept[key]:
                        del kept[key]

    def _sample(self, key: MetricKey, at_seconds: float) -> Sample:
        return self._fine.setdefault(key, {}).setdefault(int(at_seconds), Sample())

    def _between(self, key: MetricKey, start: float, end: float) -> Iterable[tuple[int, Sample]]:
        wanted = range(math.ceil(start), math.ceil(end))
        for kept in (self._coarse, self._fine):
            samples = kept.get(key, {})
            # whichever is shorter: the time that is asked for, or what there is
            seconds = wanted if len(wanted) < len(samples) else list(samples)
            yield from ((second, samples[second]) for second in seconds if second in samples and second in wanted)


def _is_percentile(name: str) -> bool:
    return name[:1] == "p" and name[1:].replace(".", "", 1).isdigit()


def _bin(value: float) -> int:
    """Bins grow by one in a hundred; 0 and what is below are one bin each side of it."""
    if value == 0:
        return 0
    index = 100_000 + round(math.log(abs(value)) / _STEP)
    return index if value > 0 else -index


def _value(index: int) -> float:
    if index == 0:
        return 0.0
    size = math.exp((abs(index) - 100_000) * _STEP)
    return size if index > 0 else -size
