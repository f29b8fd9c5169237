"""How far a replica is behind, computed from positions in the write-ahead log.

The age of a replica's newest transaction says nothing while nobody writes, and a replica that lost its primary
has replayed all it received. So we note where the primary was and when, and ask how long ago it was where the
replica is now.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MAX_SAMPLES = 3600


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the primary's log ended, at a time of a monotonic clock."""

    at_seconds: float
    position: int


class PrimaryHistory:
    """Positions of the primary's log over time. Not for several threads."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=MAX_SAMPLES)

    def record(self, at_seconds: float, position: int) -> None:
        """Note where the primary is now. Times and positions never go back, except that a new primary starts afresh."""
        samples = self._samples
        if samples and position < samples[-1].position:
            samples.clear()
        is_standing_still = len(samples) > 1 and samples[-1].position == samples[-2].position == position
        if is_standing_still:
            samples.pop()
        samples.append(Sample(at_seconds, position))

    def lag_seconds(self, now_seconds: float, replayed: int, oldest_known_age_seconds: float | None) -> float:
        """How old the data of a replica is that has replayed the log up to `replayed`; at most one sample too much.

        `oldest_known_age_seconds` is the age of the newest transaction the replica has, for a replica that was behind
        before we began to watch.
        """
        samples = self._samples
        if not samples or replayed >= samples[-1].position:
            return 0.0
        reached = [sample.at_seconds for sample in samples if sample.position <= replayed]
        if reached:
            return now_seconds - reached[-1]
        return max(now_seconds - samples[0].at_seconds, oldest_known_age_seconds or 0.0)
