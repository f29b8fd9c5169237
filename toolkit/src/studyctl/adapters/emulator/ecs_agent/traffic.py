"""Requests and the tasks they get to: the account's load balancers and target groups, kept in step with local ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.balancers import Balancers, Request
from studyctl.adapters.emulator.ecs_agent.listeners import Group, LoadBalancer, groups_of, load_balancers_of
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.records import Stage, TaskRecord
from studyctl.adapters.emulator.ecs_agent.target_health import TargetHealth
from studyctl.adapters.emulator.ecs_agent.target_publishing import publish_targets
from studyctl.adapters.local.load_balancer.health import Standing


class Traffic:
    """Used by the agent's thread only."""

    def __init__(self, accounts: Accounts, balancers: Balancers, pace: Pace) -> None:
        self._accounts = accounts
        self._balancers = balancers
        self._pace = pace
        self._described: dict[Place, tuple[LoadBalancer, ...]] = {}
        self._groups: dict[str, Group] = {}
        self._has_targets = False

    @property
    def delays(self) -> Mapping[str, float]:
        """How long a target of each group may finish what it has begun."""
        return {arn: group.deregistration_delay_seconds for arn, group in self._groups.items()}

    def standings(self) -> Mapping[tuple[str, int], Standing]:
        """How every target stands, by the end of its group's ARN and its port."""
        return self._balancers.standings()

    def balancers_in(self, place: Place) -> Sequence[LoadBalancer]:
        """The load balancers of a place, as they were last seen."""
        return self._described.get(place, ())

    def requests(self) -> Iterator[Request]:
        """The requests that have ended since the last call."""
        return self._balancers.requests()

    def direct(self, tasks: Mapping[Place, Sequence[TaskRecord]]) -> None:
        """Tell the balancers where to send requests, and the account how its targets stand."""
        has_targets = any(task.targets for each in tasks.values() for task in each)
        if not has_targets and not self._has_targets:
            return
        self._has_targets = has_targets
        for place, those in tasks.items():
            with self._accounts.open("elbv2", place) as backend:
                self._described[place] = load_balancers_of(backend)
                self._groups.update(groups_of(backend, self._pace))
                publish_targets(backend, _targets_by_group(those))
        ports = _ports_by_group(task for those in tasks.values() for task in those)
        described = [each for those in self._described.values() for each in those]
        self._balancers.sync(described, self._groups, ports)


def _targets_by_group(tasks: Sequence[TaskRecord]) -> Mapping[str, Mapping[str, tuple[int, TargetHealth]]]:
    found: dict[str, dict[str, tuple[int, TargetHealth]]] = {}
    for task in tasks:
        for link, health in task.targets.items():
            found.setdefault(link.target_group, {})[task.address] = (link.port, health)
    return found


def _ports_by_group(tasks: Iterable[TaskRecord]) -> Mapping[str, Sequence[int]]:
    """Who gets new requests: targets that are not on their way out."""
    found: dict[str, list[int]] = {}
    for task in tasks:
        if task.stage is Stage.RUNNING:
            for link in task.targets:
                found.setdefault(link.target_group, []).append(task.port)
    return found
