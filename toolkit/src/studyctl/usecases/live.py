"""How an environment is this moment: services, release, last smoke test, alarms, queues. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studyctl.domain.answer import Answer, Known, NotKnown, answer_of
from studyctl.domain.queue_depth import QueueDepth
from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.place import Place
from studyctl.domain.release.seen import ServiceSeen
from studyctl.domain.release.verdicts import Verdict
from studyctl.usecases import releases
from studyctl.usecases.releases import LedgerReader, Overview

SMOKE = "smoke"
"""Under this name the ledger keeps the verdict of a release's smoke test."""


class Fleet(Protocol):
    """Describes services."""

    def see(self, names: Sequence[str]) -> Mapping[str, ServiceSeen]:
        """The services that exist, by name."""
        ...


class Alarms(Protocol):
    """Reads alarms."""

    def alarm_names(self, prefix: str) -> tuple[str, ...]:
        """The alarms whose names begin so."""
        ...

    def alarm_states(self, names: Sequence[str]) -> Mapping[str, AlarmState]:
        """The state of each."""
        ...


class Queues(Protocol):
    """Measures queues."""

    def depths(self, urls: Mapping[str, str]) -> Mapping[str, QueueDepth]:
        """The depth of each queue, under the key of its URL."""
        ...


@dataclass(frozen=True)
class Running:
    """What can be asked where something is deployed. `platform` is the root's output of that name."""

    place: Place
    platform: Mapping[str, Any]
    fleet: Fleet
    alarms: Alarms
    queues: Queues


@dataclass(frozen=True)
class LastSmoke:
    """The newest smoke test that a release recorded. `release` is the entry's number, `at` RFC 3339 in UTC."""

    release: int
    at: str
    verdict: Verdict


@dataclass(frozen=True)
class LiveView:
    """One look. In `services` a service that ECS does not know is None; keys are those of the environment's file."""

    at: str
    services: Answer[Mapping[str, ServiceSeen | None]]
    releases: Answer[Overview]
    smoke: Answer[LastSmoke]
    alarms: Answer[Mapping[str, AlarmState]]
    queues: Answer[Mapping[str, QueueDepth]]


def look(running: Answer[Running], ledger: LedgerReader, *, environment: str, at: str) -> LiveView:
    """Ask for everything; what cannot be asked says why, and the rest is shown."""
    overview = answer_of(lambda: releases.look(ledger))
    smoke = _last_smoke(overview, environment)
    if isinstance(running, NotKnown):
        return LiveView(at, running, overview, smoke, running, running)
    site = running.value
    return LiveView(
        at=at,
        services=answer_of(lambda: _services(site)),
        releases=overview,
        smoke=smoke,
        alarms=answer_of(lambda: site.alarms.alarm_states(site.alarms.alarm_names(f"{site.place.name}-"))),
        queues=answer_of(lambda: site.queues.depths(site.platform["queue_urls"])),
    )


def _services(site: Running) -> Mapping[str, ServiceSeen | None]:
    names = {key: service.name for key, service in site.place.services.items()}
    seen = site.fleet.see(tuple(names.values()))
    return {key: seen.get(name) for key, name in names.items()}


def _last_smoke(overview: Answer[Overview], environment: str) -> Answer[LastSmoke]:
    if isinstance(overview, NotKnown):
        return overview
    newest = max((one for one in overview.value.entries if SMOKE in one.verdicts), key=_number, default=None)
    if newest is None:
        return NotKnown("No release recorded a smoke test.", f"Test it now: studyctl smoke {environment}")
    return Known(LastSmoke(newest.number, newest.finished_at or newest.started_at, newest.verdicts[SMOKE]))


def _number(entry: LedgerEntry) -> int:
    return entry.number
