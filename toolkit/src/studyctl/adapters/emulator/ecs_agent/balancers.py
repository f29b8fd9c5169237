"""The local load balancers of one life of the emulator, each started with the first target behind it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from studyctl.adapters.emulator.ecs_agent.listeners import Group, LoadBalancer, routes
from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn
from studyctl.adapters.local.balancer import Balancer, BalancerProgram, Standing
from studyctl.adapters.local.errors import ServerNotAnswering
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import Program, Running
from studyctl.adapters.local.routing import Route
from studyctl.adapters.local.server import Server

log = logging.getLogger("studyctl.emulator")

FOLDER = "balancers"


@dataclass(frozen=True)
class Request:
    """A request that has ended: who it was for and what came of it."""

    balancer: LoadBalancer
    group: str
    status: int
    is_from_target: bool
    duration_seconds: float
    at_seconds: float


@dataclass
class _Known:
    balancer: Balancer
    described: LoadBalancer
    applied: tuple[Route, ...] = ()
    log: BinaryIO | None = None
    rest: bytes = b""


class Balancers:
    """Used by the agent's thread only. `guard` and `publish` are told of every balancer that runs."""

    def __init__(
        self,
        state_dir: Path,
        guard: Callable[[Running, Program], None],
        publish: Callable[[list[StandIn]], None],
    ) -> None:
        self._folder = state_dir / FOLDER
        self._guard = guard
        self._publish = publish
        self._known: dict[str, _Known] = {}

    def sync(
        self,
        wanted: Sequence[LoadBalancer],
        groups: Mapping[str, Group],
        ports: Mapping[str, Sequence[int]],
    ) -> None:
        """Let each balancer know its rules and targets; one without any target yet is not started."""
        for each in wanted:
            known = self._known.get(each.arn)
            if known is None and any(ports.get(arn) for arn in each.groups):
                known = self._start(each)
            if known is not None:
                known.described = each
                self._apply(known, routes(each, groups, ports))
        for arn in self._known.keys() - {each.arn for each in wanted}:
            self._forget(arn)

    def standings(self) -> Mapping[tuple[str, int], Standing]:
        """How every target stands, by the end of its group's ARN and its port."""
        found: dict[tuple[str, int], Standing] = {}
        for known in self._known.values():
            try:
                targets = known.balancer.targets()
            except ServerNotAnswering as error:
                log.warning("%s", error)
                known.applied = ()
                continue
            found.update({(target.group, target.port): standing for target, standing in targets.items()})
        return found

    def requests(self) -> Iterator[Request]:
        """The requests that have ended since the last call."""
        for known in self._known.values():
            for line in _new_lines(known):
                yield _request(known.described, json.loads(line))

    def stop(self) -> None:
        """Stop all of them."""
        for arn in list(self._known):
            self._forget(arn)

    def _start(self, described: LoadBalancer) -> _Known:
        folder = self._folder / described.name.replace("/", "-")
        server = Server(BalancerProgram(folder))
        balancer = Balancer(server.start())
        self._guard(balancer.running, server.program)
        known = self._known[described.arn] = _Known(balancer, described)
        stand_ins = [
            StandIn(Kind.BALANCER, described.name, described.dns_name, port, HOST, balancer.running.port)
            for port in described.ports
        ]
        self._publish(stand_ins)
        log.info("%s answers at %s", described.dns_name, balancer.url)
        return known

    def _apply(self, known: _Known, wanted: tuple[Route, ...]) -> None:
        if wanted == known.applied:
            return
        try:
            known.balancer.apply(wanted)
        except ServerNotAnswering as error:
            log.warning("%s", error)
            known.balancer = Balancer.start(known.balancer.access_log.parent)
            return
        known.applied = wanted

    def _forget(self, arn: str) -> None:
        known = self._known.pop(arn)
        if known.log is not None:
            known.log.close()
        Server(BalancerProgram(known.balancer.access_log.parent)).erase()


def _new_lines(known: _Known) -> list[bytes]:
    if known.log is None:
        try:
            known.log = known.balancer.access_log.open("rb", buffering=0)
        except FileNotFoundError:
            return []
    *lines, known.rest = (known.rest + known.log.read()).split(b"\n")
    return lines


def _request(balancer: LoadBalancer, line: Mapping[str, object]) -> Request:
    status, target = int(str(line["status"])), line["target"]
    return Request(
        balancer=balancer,
        group=str(line["group"] or ""),
        status=status,
        # the balancer itself says so when a target does not answer
        is_from_target=target is not None and status not in (502, 504),
        duration_seconds=float(str(line["duration_seconds"])),
        at_seconds=datetime.fromisoformat(str(line["time"])).timestamp(),
    )
