"""The steps of a deployment, and the lines that tell a killed one from one that is done."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Step(enum.StrEnum):
    """The steps, in order. A step that has nothing to do is skipped, never reordered."""

    PREFLIGHT = "preflight"
    UNLOCK = "unlock"
    STORE = "store"
    UNTAINT = "untaint"
    RENDER = "render"
    PLAN = "plan"
    LINT = "lint"
    GUARD = "guard"
    CONFIRM = "confirm"
    APPLY = "apply"
    VERIFY = "verify"
    RECORD = "record"
    RELEASE = "release"

    @property
    def is_until_apply(self) -> bool:
        """Whether nothing of a deployment is applied before it begins."""
        order = list(Step)
        return order.index(self) <= order.index(Step.APPLY)


class Phase(enum.StrEnum):
    """What a line says about its step."""

    STARTED = "started"
    INTERRUPTED = "interrupted"
    """It was asked to stop, and has not ended yet."""
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Entry:
    """One line of a journal. `at` is RFC 3339 in UTC; `facts` never hold values of attributes."""

    run_id: str
    at: str
    operation: str
    step: Step
    phase: Phase
    facts: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, one line of the journal's file."""
        return {
            "run_id": self.run_id,
            "at": self.at,
            "operation": self.operation,
            "step": self.step.value,
            "phase": self.phase.value,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Entry:
        """Read a line.

        Raises:
            KeyError, ValueError: it is not a line of a journal.
        """
        return cls(
            run_id=line["run_id"],
            at=line["at"],
            operation=line["operation"],
            step=Step(line["step"]),
            phase=Phase(line["phase"]),
            facts=dict(line.get("facts", {})),
        )


@dataclass(frozen=True)
class Standing:
    """Where a run stood when its journal ends."""

    run_id: str
    operation: str
    step: Step
    phase: Phase
    at: str

    @property
    def is_done(self) -> bool:
        """Whether the run came to its end."""
        return self.step in {Step.RECORD, Step.RELEASE} and self.phase is Phase.FINISHED

    @property
    def was_cut_off(self) -> bool:
        """Whether the run ended inside a step without saying how: its process was killed, or is still at work."""
        return self.phase in {Phase.STARTED, Phase.INTERRUPTED}

    @property
    def may_have_changed_things(self) -> bool:
        """Whether the account may differ from what it was before the run."""
        order = list(Step)
        return order.index(self.step) >= order.index(Step.APPLY)


def standing(entries: Iterable[Entry]) -> Standing | None:
    """Where the run of `entries` stood last; nothing when it never began."""
    last = next(reversed(tuple(entries)), None)
    return None if last is None else Standing(last.run_id, last.operation, last.step, last.phase, last.at)
