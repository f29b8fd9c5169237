"""How far an operation is: a pure fold over its events, for whoever draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyErrored,
    ApplyProgressed,
    ApplyStarted,
    ChangePlanned,
    ChangeSummary,
    Diagnostic,
    DriftFound,
    Event,
    LockWaited,
    RefreshCompleted,
    RefreshStarted,
)

SLOW_SECONDS = 30
"""From here on a resource is worth naming; most AWS calls end well below it."""

_STEPS = {Action.REPLACE: 2}
"""A replacement is two applies (delete and create) under one planned change."""
_NOT_COUNTED = {Action.NO_OP, Action.MOVE, Action.READ, Action.FORGET, Action.IMPORT}


@dataclass(frozen=True, slots=True)
class InFlight:
    """One resource that terraform is waiting for."""

    address: str
    action: Action
    since: float

    def seconds(self, now: float) -> int:
        """Return how long it has been in flight; a clock that runs behind counts as zero."""
        return max(0, int(now - self.since))


@dataclass(frozen=True, slots=True)
class Finished:
    """One resource that is done, with the seconds it took."""

    address: str
    action: Action
    seconds: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` and `total` count applies, so a replacement counts twice."""

    done: int = 0
    total: int = 0
    refreshed: int = 0
    in_flight: Mapping[str, InFlight] = field(default_factory=dict)
    finished: tuple[Finished, ...] = ()
    failed: tuple[str, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    drifted: tuple[str, ...] = ()
    planned: Mapping[Action, int] = field(default_factory=dict)
    summary: ChangeSummary | None = None
    is_waiting_for_lock: bool = False

    @property
    def has_applied(self) -> bool:
        """Whether terraform said that the apply came to its end."""
        return self.summary is not None and self.summary.operation in ("apply", "destroy")

    def oldest(self, limit: int = 3) -> tuple[InFlight, ...]:
        """Return what has been in flight longest, longest first."""
        return tuple(sorted(self.in_flight.values(), key=lambda flight: (flight.since, flight.address))[:limit])

    def slow(self, now: float, limit: int = 3) -> tuple[InFlight, ...]:
        """Return what is slow enough to be named, longest first."""
        return tuple(flight for flight in self.oldest(limit) if flight.seconds(now) >= SLOW_SECONDS)

    def slowest(self, limit: int = 5) -> tuple[Finished, ...]:
        """Return what took longest of all that is done, longest first."""
        return tuple(sorted(self.finished, key=lambda done: (-done.seconds, done.address))[:limit])


def advance(progress: Progress, event: Event) -> Progress:  # noqa: PLR0911, PLR0912 - one arm an event
    """Return the progress after one more event."""
    match event:
        case ChangePlanned(action=action):
            return replace(
                progress,
                total=progress.total + (0 if action in _NOT_COUNTED else _STEPS.get(action, 1)),
                planned={**progress.planned, action: progress.planned.get(action, 0) + 1},
            )
        case ApplyStarted(address=address, action=action) if action is not Action.READ:
            flight = InFlight(address, action, event.at)
            return replace(progress, in_flight={**progress.in_flight, address: flight}, is_waiting_for_lock=False)
        case ApplyProgressed(address=address) if address not in progress.in_flight:
            flight = InFlight(address, event.action, event.at - event.elapsed_seconds)
            return replace(progress, in_flight={**progress.in_flight, address: flight})
        case ApplyCompleted(address=address, action=action, elapsed_seconds=seconds) if action is not Action.READ:
            done = progress.done + 1
            return replace(
                _landed(progress, address),
                done=done,
                total=max(progress.total, done),
                finished=(*progress.finished, Finished(address, action, seconds)),
            )
        case ApplyErrored(address=address):
            return replace(_landed(progress, address), failed=(*progress.failed, address))
        case Diagnostic(severity="error"):
            return replace(progress, errors=(*progress.errors, event))
        case Diagnostic():
            return replace(progress, warnings=(*progress.warnings, event))
        case DriftFound(address=address):
            return replace(progress, drifted=(*progress.drifted, address))
        case ChangeSummary():
            return replace(progress, summary=event)
        case LockWaited(is_release=is_release):
            return replace(progress, is_waiting_for_lock=not is_release)
        case RefreshStarted() if progress.is_waiting_for_lock:
            return replace(progress, is_waiting_for_lock=False)
        case RefreshCompleted():
            return replace(progress, refreshed=progress.refreshed + 1)
        case _:
            return progress


def follow(events: Iterable[Event], start: Progress | None = None) -> Progress:
    """Return the progress after all of `events`."""
    return reduce(advance, events, start or Progress())


def _landed(progress: Progress, address: str) -> Progress:
    return replace(progress, in_flight={key: value for key, value in progress.in_flight.items() if key != address})
