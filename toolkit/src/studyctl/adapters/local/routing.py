"""What a load balancer does with a request, as values: which path leads to which targets, with which weight.

Words and meaning are those of an AWS application load balancer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from studyctl.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,254}")
_FIRST_STATUS, _LAST_STATUS = 100, 599


@dataclass(frozen=True)
class HealthCheck:
    """How targets are asked. `expected_status` is one status, or a single digit for its whole class (2: 200 to 299).

    A new target is healthy with its first good answer; later it takes as many in a row as the thresholds say.
    """

    path: str = "/health/ready"
    interval_seconds: float = 2.0
    timeout_seconds: float = 1.0
    healthy_threshold: int = 2
    unhealthy_threshold: int = 2
    expected_status: int = 200

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise UsageError(f"a health check cannot ask for {self.path!r}", hint="A path begins with a slash.")
        if min(self.interval_seconds, self.timeout_seconds) <= 0:
            raise UsageError("a health check needs an interval and a timeout above 0 s")
        if min(self.healthy_threshold, self.unhealthy_threshold) < 1:
            raise UsageError("a health check needs thresholds of at least 1")
        if not (1 <= self.expected_status <= 5 or _FIRST_STATUS <= self.expected_status <= _LAST_STATUS):  # noqa: PLR2004
            raise UsageError(
                f"{self.expected_status} is no HTTP status", hint="Name a status such as 200, or 2 for its class."
            )

    def expects(self, status: int) -> bool:
        """Whether an answer with this status is good."""
        return self.expected_status in (status, status // 100)


@dataclass(frozen=True)
class TargetGroup:
    """Interchangeable processes on ports of this machine. Without any, its share of the requests gets a 503.

    Requests go to the healthy ones in turn; when none is healthy, to all of them, as with AWS.
    """

    name: str
    ports: tuple[int, ...]
    health: HealthCheck = HealthCheck()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} cannot name a target group")
        if len(set(self.ports)) != len(self.ports):
            raise UsageError(f"target group {self.name} names a port twice")


@dataclass(frozen=True)
class WeightedGroup:
    """A target group and its share: its weight by the sum of all weights of the route. 0 gets nothing."""

    group: TargetGroup
    weight: int = 1

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise UsageError(f"target group {self.group.name} has the weight {self.weight}", hint="Use 0 or more.")


@dataclass(frozen=True)
class Route:
    """Requests for these paths go to these groups. In a path, `*` stands for anything and `?` for one character."""

    paths: tuple[str, ...]
    groups: tuple[WeightedGroup, ...]

    @classmethod
    def to(cls, group: TargetGroup, *paths: str) -> Route:
        """Everything for these paths to one group."""
        return cls(paths, (WeightedGroup(group),))

    def fits(self, path: str) -> bool:
        """Whether a request for this path, without its query, is meant. Upper and lower case differ."""
        return _pattern(self.paths).fullmatch(path) is not None


def pick(groups: Sequence[WeightedGroup], draw: float) -> TargetGroup | None:
    """The group of a request that drew this number, at least 0 and below 1; None when no group has a weight."""
    used = [weighted for weighted in groups if weighted.weight > 0]
    bounds = list(accumulate(weighted.weight for weighted in used))
    return used[bisect_right(bounds, draw * bounds[-1])].group if used else None


@cache
def _pattern(paths: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_translated(path) for path in paths) or r"(?!)", re.DOTALL)


def _translated(path: str) -> str:
    words = {"*": ".*", "?": "."}
    return "".join(words.get(character, re.escape(character)) for character in path)
