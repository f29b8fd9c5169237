"""What probes found and what it comes to. "Unhealthy" and "unreachable from here" are never the same thing."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from studyctl.domain.release.verdicts import Verdict, failed, inconclusive, passed


class ProbeKind(enum.StrEnum):
    """What is probed; one probe a kind. The value is the word for `--check`."""

    BALANCER = "balancer"
    SERVICES = "services"
    DATABASE = "database"
    CACHE = "cache"
    QUEUES = "queues"
    BUCKETS = "buckets"
    CDN = "cdn"
    VECTOR_DATABASE = "vectors"
    END_TO_END = "end-to-end"


INSIDE: frozenset[ProbeKind] = frozenset(
    {ProbeKind.DATABASE, ProbeKind.CACHE, ProbeKind.VECTOR_DATABASE, ProbeKind.END_TO_END}
)
"""What can be reached only from inside the network, or needs what only tasks know: one task of ours asks there."""


class Health(enum.StrEnum):
    """What a probe says of one thing."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNREACHABLE = "unreachable from here"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class ProbeResult:
    """One thing and how it is. `detail` is what it answered, or why nobody could ask."""

    kind: ProbeKind
    name: str
    health: Health
    detail: str
    seconds: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the answer told besides, such as the application's version."""


@dataclass(frozen=True)
class SmokeReport:
    """All results, in the order of the kinds."""

    results: tuple[ProbeResult, ...]
    seconds: float = 0.0

    @classmethod
    def of(cls, results: Iterable[ProbeResult], seconds: float = 0.0) -> SmokeReport:
        """Sort results into the order of the kinds."""
        order = list(ProbeKind)
        return cls(tuple(sorted(results, key=lambda result: (order.index(result.kind), result.name))), seconds)

    def that_are(self, health: Health) -> tuple[ProbeResult, ...]:
        """The results of one sort."""
        return tuple(result for result in self.results if result.health is health)

    @property
    def verdict(self) -> Verdict:
        """Something unhealthy fails; what nobody could ask proves nothing; nothing asked proves nothing either."""
        if bad := self.that_are(Health.UNHEALTHY):
            return failed(*_told(bad))
        if unasked := self.that_are(Health.UNREACHABLE):
            return inconclusive(*_told(unasked))
        if not self.that_are(Health.HEALTHY):
            return inconclusive("nothing was asked")
        healthy, skipped = (len(self.that_are(health)) for health in (Health.HEALTHY, Health.SKIPPED))
        left_out = f", {skipped} skipped" if skipped else ""
        return passed(f"{healthy} of {len(self.results)} healthy{left_out} in {self.seconds:.1f} s")


def _told(results: Sequence[ProbeResult]) -> list[str]:
    return [f"{result.kind} {result.name} is {result.health}: {result.detail}" for result in results]
