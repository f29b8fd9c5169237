"""How long terraform may wait for one answer before that answer is taken for lost.

A call on a connection that hangs has no end of its own: with provider 5.100 none came within 150 seconds. What AWS is
still busy with ends at the provider's own time-out, so whatever takes longer than that waits for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studyctl.domain.import_ids import type_of
from studyctl.domain.progress import Progress

_MINUTE = 60.0

LONGEST_SECONDS = 45 * _MINUTE
"""Above the provider's time-outs of every type that is not named below; the longest of those is 30 minutes."""
SILENT_SECONDS = 15 * _MINUTE
"""How long a plan may say nothing: it names each resource that it reads, and then computes for a minute or two."""

LONGEST_SECONDS_BY_TYPE: Mapping[str, float] = {
    "aws_acm_certificate_validation": 85 * _MINUTE,
    "aws_cloudfront_distribution": 100 * _MINUTE,
    "aws_db_instance": 90 * _MINUTE,
    "aws_elasticache_replication_group": 70 * _MINUTE,
}
"""The time-outs of the provider's documentation, section "Timeouts" of each resource (5.100), and ten minutes."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The bounds of one run, in seconds."""

    longest: float = LONGEST_SECONDS
    longest_by_type: Mapping[str, float] = field(default_factory=lambda: LONGEST_SECONDS_BY_TYPE)
    silent: float = SILENT_SECONDS

    def hung(self, progress: Progress, now: float) -> tuple[str, ...]:
        """Return what has been in flight for longer than it may, at `now` in seconds since the epoch."""
        return tuple(
            flight.address
            for flight in progress.oldest(len(progress.in_flight))
            if flight.since > 0 and now - flight.since > self._bound(flight.address)
        )

    def _bound(self, address: str) -> float:
        return self.longest_by_type.get(type_of(address), self.longest)
