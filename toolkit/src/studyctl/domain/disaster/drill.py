"""What a drill did and found: its steps with their times, what each store held, and the two objectives.

Recovery time counts from the moment of the loss to the moment at which the smoke test has passed; recovery point is
what lies between the loss and the newest marker that was found again. Both are of the drill, not of AWS.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from studyctl.domain.disaster.prospects import RECOVERY_POINT_SECONDS, RECOVERY_TIME_SECONDS


class DrillStep(enum.StrEnum):
    """The steps in their order. Those before REBUILD happen while the region is there."""

    RECORD = "record"
    MARK = "mark"
    BACK_UP = "back up"
    LOSE = "lose"
    REBUILD = "rebuild"
    CONNECT = "connect"
    RESTORE = "restore"
    RELEASE = "release"
    SMOKE = "smoke"
    CLEAN_UP = "clean up"


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step that came to its end. `did`: what was done, a line each, as a runbook tells it."""

    step: DrillStep
    began_at: datetime.datetime
    seconds: float
    did: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marker:
    """A write that is looked for after the recovery. Numbers grow."""

    number: int
    written_at: datetime.datetime


Holdings = Mapping[str, int]
"""What a store holds, counted: rows by table, objects and bytes by bucket, points by collection."""


@dataclass(frozen=True, slots=True)
class StoreFound:
    """A store after it was restored. `marker`: the newest that was found in it."""

    store: str
    backed_up: Holdings
    restored: Holdings
    marker: Marker | None

    @property
    def differences(self) -> tuple[str, ...]:
        """What is not there as it was backed up; empty when all is."""
        keys = sorted(self.backed_up.keys() | self.restored.keys())
        return tuple(
            f"{self.store}: {key} had {self.backed_up.get(key, 0)}, has {self.restored.get(key, 0)}"
            for key in keys
            if self.backed_up.get(key, 0) != self.restored.get(key, 0)
        )

    def lost_seconds(self, lost_at: datetime.datetime) -> float | None:
        """How much of the time before the loss is gone; None when no marker came back, which is all of it."""
        return None if self.marker is None else max(0.0, (lost_at - self.marker.written_at).total_seconds())


@dataclass(frozen=True)
class DrillReport:
    """Everything about one drill."""

    run_id: str
    environment: str
    substitute: str
    lost_region: str
    backup_region: str
    release: int
    images: Mapping[str, str]
    """The digest that each service runs."""
    commit: str
    lost_at: datetime.datetime
    serving_at: datetime.datetime
    steps: tuple[StepDone, ...]
    stores: tuple[StoreFound, ...]
    not_shown: tuple[str, ...] = field(default=())

    @property
    def recovery_time_seconds(self) -> float:
        """From the loss until the smoke test had passed."""
        return (self.serving_at - self.lost_at).total_seconds()

    @property
    def recovery_point_seconds(self) -> float | None:
        """What the worst store lost; None when one of them has lost everything."""
        lost = [store.lost_seconds(self.lost_at) for store in self.stores]
        known = [seconds for seconds in lost if seconds is not None]
        return max(known, default=0.0) if len(known) == len(lost) else None

    @property
    def meets_time(self) -> bool:
        """Whether it served again soon enough."""
        return self.recovery_time_seconds <= RECOVERY_TIME_SECONDS

    @property
    def meets_point(self) -> bool:
        """Whether no more was lost than may be."""
        lost = self.recovery_point_seconds
        return lost is not None and lost <= RECOVERY_POINT_SECONDS

    @property
    def differences(self) -> tuple[str, ...]:
        """What was backed up and is not there."""
        return tuple(difference for store in self.stores for difference in store.differences)

    @property
    def has_passed(self) -> bool:
        """Whether everything that was backed up is there, in time."""
        return self.meets_time and self.meets_point and not self.differences


def newest(markers: Iterable[Marker]) -> Marker | None:
    """The marker that was written last."""
    return max(markers, key=lambda marker: marker.number, default=None)


def seconds_of(steps: Sequence[StepDone], step: DrillStep) -> float:
    """How long a step took; 0 when it was not done."""
    return sum(done.seconds for done in steps if done.step is step)
