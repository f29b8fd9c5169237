"""Watching a release that serves: a pure fold over readings, so that twelve hours are milliseconds in a test.

The clock runs only while everything is in full health and every alarm can be read. What cannot be judged is held,
and what cannot be judged for too long has failed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from studyctl.domain.release.verdicts import Verdict, failed, inconclusive, passed


class AlarmState(enum.StrEnum):
    """What CloudWatch says of an alarm; UNREADABLE: it could not be asked, or there is no such alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Reading:
    """What was seen at one moment. `at_seconds` may start anywhere and never goes back.

    `problems` are other reasons why nothing can be judged now, such as tasks that are missing.
    """

    at_seconds: float
    alarms: Mapping[str, AlarmState] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    verdict: Verdict = field(default_factory=passed)
    """What measurements say at this moment; a failure ends the bake."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why this reading cannot be taken for good."""
        unread = (AlarmState.INSUFFICIENT_DATA, AlarmState.UNREADABLE)
        silent = tuple(f"{name} is {state.value}" for name, state in sorted(self.alarms.items()) if state in unread)
        return (*self.problems, *silent)


@dataclass(frozen=True)
class Bake:
    """How far a bake is. `excused` alarms rang before the release and were accepted; each counts once it is quiet."""

    bake_seconds: float
    hold_seconds: float
    excused: frozenset[str] = frozenset()
    observed_seconds: float = 0.0
    held_seconds: float = 0.0
    last_at: float | None = None
    verdict: Verdict | None = None
    """None while it goes on. It never changes once it is there."""
    doubts: tuple[str, ...] = ()

    def after(self, reading: Reading) -> Bake:
        """The bake after one more reading."""
        if self.verdict is not None:
            return self
        passed_seconds = 0.0 if self.last_at is None else max(0.0, reading.at_seconds - self.last_at)
        quiet = {name for name, state in reading.alarms.items() if state is AlarmState.OK}
        moved = replace(self, last_at=reading.at_seconds, excused=self.excused - quiet, doubts=reading.doubts)
        ringing = sorted(
            name for name, state in reading.alarms.items() if state is AlarmState.ALARM and name not in moved.excused
        )
        if ringing:
            return replace(moved, verdict=failed(*(f"alarm {name} rings" for name in ringing)))
        if reading.verdict.has_failed:
            return replace(moved, verdict=reading.verdict)
        if reading.doubts:
            return moved._held(passed_seconds)
        return moved._observed(passed_seconds, reading.verdict)

    def _held(self, seconds: float) -> Bake:
        held = self.held_seconds + seconds
        if held < self.hold_seconds:
            return replace(self, held_seconds=held)
        why = f"for {held:.0f} s nobody could judge it: {', '.join(self.doubts)}"
        return replace(self, held_seconds=held, verdict=failed(why))

    def _observed(self, seconds: float, measured: Verdict) -> Bake:
        observed = self.observed_seconds + seconds
        if observed < self.bake_seconds:
            return replace(self, observed_seconds=observed)
        if measured.has_passed:
            good = passed(f"good for {observed:.0f} s", *measured.reasons)
            return replace(self, observed_seconds=observed, verdict=good)
        return replace(self, observed_seconds=observed, doubts=measured.reasons)._held(seconds)


def standing_of(bake: Bake) -> Verdict:
    """What can be said of a bake now."""
    return bake.verdict or inconclusive(*bake.doubts)
