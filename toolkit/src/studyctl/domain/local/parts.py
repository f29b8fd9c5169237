"""What the platform on one machine is made of, what needs what, and in which order it starts."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from studyctl.errors import UsageError


class Stage(enum.IntEnum):
    """When a part starts. Parts of one stage start together; they stop in the opposite order."""

    SERVERS = 0
    SERVICES = 1
    BALANCER = 2
    ALERTING = 3
    MONITORING = 4


@dataclass(frozen=True)
class Part:
    """One process. `paths` lead from the load balancer to it; a service without any does not serve requests."""

    name: str
    what: str
    stage: Stage
    needs: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


ALERTMANAGER, PROMETHEUS = "alertmanager", "prometheus"
CACHE, DATABASE, VECTOR_DATABASE, OBJECT_STORE = "cache", "database", "vector_database", "object_store"
BALANCER = "balancer"
DATA_SERVERS = (CACHE, DATABASE, VECTOR_DATABASE, OBJECT_STORE)


def _service(name: str, what: str, *paths: str) -> Part:
    return Part(name, what, Stage.SERVICES, DATA_SERVERS, paths)


# Paths are those of infra/platform/workloads.tf: a test compares them.
PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part(CACHE, "Valkey or Redis: cache, events, task queues", Stage.SERVERS),
        Part(DATABASE, "PostgreSQL", Stage.SERVERS),
        Part(VECTOR_DATABASE, "a stand-in for Qdrant", Stage.SERVERS),
        Part(OBJECT_STORE, "S3, by an emulator of its own that forgets everything when it stops", Stage.SERVERS),
        _service("api", "documents, quizzes, search", "/api/*", "/health", "/health/*", "/version"),
        _service("notification", "notifications", "/notifications", "/notifications/*", "/ws", "/ws/*"),
        _service("document", "worker: text of uploads"),
        _service("indexing", "worker: vectors"),
        _service("quiz", "worker: questions"),
        _service("outbox_relay", "events to the stream, work to its queues"),
        _service("scheduler", "stuck work, what is too old"),
        Part(BALANCER, "the load balancer in front of the services", Stage.BALANCER),
    )
}

EXTRAS: Mapping[str, tuple[Part, ...]] = {
    "monitoring": (
        Part(ALERTMANAGER, "what rings, grouped as people would be told", Stage.ALERTING),
        Part(PROMETHEUS, "metrics of the services and the alerts of monitoring/", Stage.MONITORING, (ALERTMANAGER,)),
    ),
}
"""What is started only when it is asked for by its group's name, or by its own."""

EVERY_PART: Mapping[str, Part] = {**PARTS, **{part.name: part for group in EXTRAS.values() for part in group}}


def to_start(only: Collection[str] = (), extras: Collection[str] = ()) -> tuple[Part, ...]:
    """The parts that are named and all that they need, in the order of starting; without a name all but the extras.

    Raises:
        UsageError: there is no such part, or no such extra.
    """
    named = [*(chosen(only) if only else PARTS.values()), *(part for extra in extras for part in _extra(extra))]
    wanted = {part.name for part in named} | {need for part in named for need in part.needs}
    return tuple(part for part in EVERY_PART.values() if part.name in wanted)


def chosen(only: Collection[str] = ()) -> tuple[Part, ...]:
    """Exactly the parts that are named, in the order of starting; without a name all, extras too.

    Raises:
        UsageError: there is no such part.
    """
    for name in only:
        if name not in EVERY_PART:
            raise _unknown(name, EVERY_PART)
    return tuple(part for part in EVERY_PART.values() if not only or part.name in only)


def _extra(name: str) -> tuple[Part, ...]:
    if name not in EXTRAS:
        raise _unknown(name, EXTRAS)
    return EXTRAS[name]


def _unknown(name: str, known: Collection[str]) -> UsageError:
    close = difflib.get_close_matches(name, known, n=1)
    return UsageError(
        f"there is no {name!r} on this machine",
        why=f"Did you mean {close[0]}?" if close else "",
        hint=f"It is one of: {', '.join(known)}",
    )
