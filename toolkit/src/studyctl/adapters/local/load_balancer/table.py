"""What the balancer knows while it runs: routes, and how each target stands. It decides where a request goes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from studyctl.adapters.local.load_balancer.health import Health, Observation, Standing, observe
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, pick


@dataclass(frozen=True)
class Target:
    """One process of a group. The same port in another group, or asked in another way, is another target."""

    group: str
    port: int
    check: HealthCheck


@dataclass(frozen=True)
class Choice:
    """Where a request goes: nowhere without a group, and to nobody without a port."""

    group: str | None = None
    port: int | None = None


@dataclass
class Table:
    """Routes and standings. Not shared between threads."""

    draw: Callable[[], float] = random.random
    routes: Sequence[Route] = ()
    standings: dict[Target, Standing] = field(default_factory=dict)
    _turns: dict[str, Iterator[int]] = field(default_factory=dict)

    def replace(self, routes: Sequence[Route]) -> None:
        """Take over other routes; targets that stay keep their standing."""
        self.routes = tuple(routes)
        named = [target for group in groups_of(routes) for target in targets_of(group)]
        self.standings = {target: self.standings.get(target, Standing()) for target in named}
        self._turns = {group.name: self._turns.get(group.name, count()) for group in groups_of(routes)}

    def observe(self, target: Target, seen: Observation) -> None:
        """Take note of an answer to a health check; one that comes too late is ignored."""
        if target in self.standings:
            self.standings[target] = observe(self.standings[target], seen, target.check)

    def choose(self, path: str) -> Choice:
        """Where a request for this path goes: the first route that fits, a group by weight, its targets in turn."""
        route = next((route for route in self.routes if route.fits(path)), None)
        if route is None:
            return Choice()
        group = pick(route.groups, self.draw())
        if group is None:
            return Choice(route.groups[0].group.name if route.groups else "")
        targets = targets_of(group)
        healthy = [target for target in targets if self.standings[target].health is Health.HEALTHY]
        ports = [target.port for target in healthy or targets]
        return Choice(group.name, ports[next(self._turns[group.name]) % len(ports)] if ports else None)


def groups_of(routes: Sequence[Route]) -> list[TargetGroup]:
    """Every group that the routes name."""
    return [weighted.group for route in routes for weighted in route.groups]


def targets_of(group: TargetGroup) -> list[Target]:
    """Every target of a group."""
    return [Target(group.name, port, group.health) for port in group.ports]
