"""What runs that nobody can vouch for did, and when they may have held the lock, read from their streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyErrored,
    ApplyStarted,
    ChangePlanned,
    DriftFound,
    Event,
    LockWaited,
    RefreshStarted,
)

LOCK_SECONDS = 60.0
"""How long after its last sign of life a run of unknown end may still have taken the lock: a call with retries."""
_DONE_WITH_LOCK = (RefreshStarted, ChangePlanned, DriftFound, ApplyStarted)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one run's stream says that it did. `begun` are creations of which no end, or a bad one, is known."""

    created: Mapping[str, str] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """When one operation of this checkout may have taken the lock, in seconds since the epoch.

    A lock that names this machine was dated by the clock that dated the run, so nothing is added for clocks.
    """

    operation: str
    begun_at: float
    ended_at: float

    def may_have_taken(self, moment: float) -> bool:
        """Whether the moment lies in it."""
        return self.begun_at <= moment <= self.ended_at


@dataclass(frozen=True, slots=True)
class LostRun:
    """A run that nobody can vouch for. `what` says what is known of its end."""

    run_id: str
    what: str
    trace: Trace


def trace_of(events: Iterable[Event]) -> Trace:
    """Fold a stream into what it says was made, begun and deleted."""
    created: dict[str, str] = {}
    begun: set[str] = set()
    deleted: set[str] = set()
    for event in events:
        match event:
            case ApplyStarted(address=address, action=Action.CREATE | Action.REPLACE):
                begun.add(address)
            case ApplyErrored(address=address, action=Action.CREATE | Action.REPLACE):
                begun.add(address)
            case ApplyCompleted(address=address, action=Action.CREATE | Action.REPLACE, resource_id=identity):
                if identity:
                    begun.discard(address)
                    created[address] = identity
            case ApplyCompleted(address=address, action=Action.DELETE):
                deleted.add(address)
    return Trace(created, frozenset(begun - created.keys()), frozenset(deleted))


def merge(traces: Iterable[Trace]) -> Trace:
    """Return what several runs did together, oldest first."""
    created: dict[str, str] = {}
    begun: set[str] = set()
    deleted: set[str] = set()
    for trace in traces:
        for address in trace.deleted - trace.created.keys():
            created.pop(address, None)
            begun.discard(address)
        deleted = (deleted - trace.created.keys()) | trace.deleted
        begun = (begun | trace.begun) - trace.created.keys()
        created |= trace.created
    return Trace(created, frozenset(begun - created.keys()), frozenset(deleted))


def span_of(
    operation: str,
    begun_at: float,
    finished_at: float | None,
    last_sign_at: float,
    events: Iterable[Event],
    *,
    waits: bool,
) -> Span | None:
    """Return when an operation may have taken the lock; None when it was still waiting for somebody else's.

    Whatever it does first with the lock in hand ends the span. `waits` is whether it was told to wait for a lock: one
    that was not either got it at once or failed.
    """
    is_waiting = False
    for event in events:
        if isinstance(event, _DONE_WITH_LOCK):
            return Span(operation, begun_at, event.at or last_sign_at)
        is_waiting = is_waiting or isinstance(event, LockWaited)
    if is_waiting and waits:
        return None
    return Span(operation, begun_at, last_sign_at + LOCK_SECONDS if finished_at is None else finished_at)
