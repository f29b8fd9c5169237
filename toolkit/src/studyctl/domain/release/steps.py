"""The steps that carry a release out, decided as data before the first is done.

Each can be done again after it was done, or half done: that is what makes a killed release resumable.
"""

from __future__ import annotations

import enum

from studyctl.domain.release.base import Recorded


class StepKind(enum.StrEnum):
    """What a step does. The value is what people read in the ledger."""

    REGISTER = "register"
    MIGRATE = "migrate"
    UPDATE = "update"
    AWAIT_START = "await start"
    FOLLOW = "follow"
    START_GREEN = "start green"
    FOLLOW_GREEN = "follow green"
    SHIFT = "shift"
    WATCH = "watch"
    RETREAT = "retreat"
    WITHDRAW = "withdraw"
    SMOKE = "smoke"
    BAKE = "bake"

    @property
    def touches_services(self) -> bool:
        """Whether what serves can be different after it."""
        return self not in _HARMLESS


_HARMLESS = frozenset({StepKind.REGISTER, StepKind.MIGRATE})


class Step(Recorded):
    """One step. `weight` is the percentage that green gets; only shifting and watching have one."""

    kind: StepKind
    services: tuple[str, ...] = ()
    weight: int | None = None
    command: tuple[str, ...] = ()
    """What a migration runs."""

    def __str__(self) -> str:
        weight = "" if self.weight is None else f" {self.weight} %"
        command = f" ({' '.join(self.command)})" if self.command else ""
        return f"{self.kind}{weight} {', '.join(self.services)}{command}".strip()
