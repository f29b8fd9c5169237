"""One entry of the release ledger: what was decided, how far it got, what it came to. The truth about what serves."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from studyctl.domain.release.base import Recorded
from studyctl.domain.release.migrations import Migration, ReleasedVersion
from studyctl.domain.release.release import NOT_YET, Release
from studyctl.domain.release.steps import Step, StepKind
from studyctl.domain.release.verdicts import Verdict

PROBLEM_CHARACTERS = 4000
"""How much of a failure an entry keeps: log lines of tasks can be long."""


class Operation(enum.StrEnum):
    """Why there is an entry."""

    RELEASE = "release"
    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    RETURN = "return"
    """The way back that a failed release takes by itself."""

    @property
    def goes_back(self) -> bool:
        """Whether it puts an earlier release back."""
        return self in {Operation.ROLLBACK, Operation.RETURN}


class Status(enum.StrEnum):
    """What became of an entry."""

    UNDERWAY = "underway"
    PROVEN = "proven"
    FAILED = "failed"
    STOPPED = "stopped"
    SUPERSEDED = "superseded"

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self is not Status.UNDERWAY


class LogLine(Recorded):
    """Something that happened. `at` is RFC 3339 in UTC."""

    at: str
    text: str


class LedgerEntry(Recorded):
    """One attempt to bring a release in, or back. Times are RFC 3339 in UTC."""

    number: int = NOT_YET
    environment: str
    operation: Operation
    run_id: str
    actor: str
    started_at: str
    release: Release
    plan: tuple[Step, ...]
    reason: str = ""
    finished_at: str | None = None
    status: Status = Status.UNDERWAY
    position: int = 0
    """The step of the plan that is being done. It is written before the step is."""
    restores: int | None = None
    """The entry whose release is put back."""
    caused_by: int | None = None
    """The failed entry that a return answers."""
    promoted_from: str | None = None
    deployments: dict[str, str] = Field(default_factory=dict)
    """ECS's id of our deployment of each service."""
    excused_alarms: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    """What a person decided against the rules."""
    migrations: tuple[Migration, ...] = ()
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    problem: str = ""
    found_serving: dict[str, str] = Field(default_factory=dict)
    """The revision that each service ran when a way back failed: then nothing else can say what serves."""
    is_stranded: bool = False
    """It failed and nothing could be put back: a person goes forward from here."""
    state_serial: int | None = None
    state_version_id: str | None = None
    toolkit_version: str = ""
    log: tuple[LogLine, ...] = ()

    @property
    def step(self) -> Step | None:
        """The step that is being done; nothing when all are done."""
        return self.plan[self.position] if self.position < len(self.plan) else None

    @property
    def is_baking(self) -> bool:
        """Whether everything was rolled out and tested, and only time is missing."""
        return self.status is Status.UNDERWAY and self.step is not None and self.step.kind is StepKind.BAKE

    @property
    def has_touched(self) -> bool:
        """Whether what serves may differ from what served before."""
        return any(step.kind.touches_services for step in self.plan[: self.position + 1])

    @property
    def is_proven(self) -> bool:
        """Whether its release may be gone back to."""
        return self.status is Status.PROVEN

    @property
    def origin(self) -> int:
        """The entry in which this content was first released."""
        return self.restores if self.restores is not None else self.number

    @property
    def version(self) -> ReleasedVersion:
        """What migrations must know of it."""
        return ReleasedVersion(number=self.number, app_version=self.release.app_version)

    def numbered(self, number: int) -> LedgerEntry:
        """The entry under the number it got in the ledger."""
        return self.model_copy(update={"number": number, "release": self.release.numbered(number)})

    def noted(self, at: str, text: str, **changes: Any) -> LedgerEntry:
        """The entry with a line of log and whatever else changed."""
        return self.model_copy(update={"log": (*self.log, LogLine(at=at, text=text)), **changes})

    def advanced(self, at: str, text: str) -> LedgerEntry:
        """The entry, about to do its next step; proven when there is none."""
        moved = self.noted(at, text, position=self.position + 1)
        return moved if moved.step is not None else moved.ended(Status.PROVEN, at, "proven")

    def ended(self, status: Status, at: str, text: str, problem: str = "") -> LedgerEntry:
        """The entry at its end."""
        return self.noted(at, text, status=status, finished_at=at, problem=problem[:PROBLEM_CHARACTERS])

    def with_verdict(self, name: str, verdict: Verdict) -> LedgerEntry:
        """The entry with one more judgement."""
        return self.model_copy(update={"verdicts": {**self.verdicts, name: verdict}})

    def with_deployments(self, ids: Mapping[str, str]) -> LedgerEntry:
        """The entry, knowing which deployments are its own."""
        return self.model_copy(update={"deployments": {**self.deployments, **ids}})


def newest(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """The entry with the highest number."""
    return max(entries, key=lambda entry: entry.number, default=None)
