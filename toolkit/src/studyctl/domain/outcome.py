"""What a terraform operation came to, for use cases; failures are raised instead (studyctl.errors)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyctl.domain.events import ChangeSummary, Diagnostic
from studyctl.domain.progress import Progress


class InitOutcome(enum.Enum):
    """Whether init had to run."""

    DONE = "done"
    SKIPPED = "skipped"


class PlanKind(enum.Enum):
    """Terraform's own detailed exit codes, made a type."""

    NO_CHANGES = 0
    CHANGES = 2


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A saved plan and what it must still be when it is applied: terraform itself would not notice a change."""

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """A plan was made. `warnings` are terraform's."""

    kind: PlanKind
    plan: PlanFile
    progress: Progress
    seconds: float

    @property
    def has_changes(self) -> bool:
        """Whether applying it would do something."""
        return self.kind is PlanKind.CHANGES

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Terraform's warnings."""
        return self.progress.warnings


@dataclass(frozen=True, slots=True)
class ApplyOutcome:
    """Everything was applied and the state is stored."""

    progress: Progress
    seconds: float
    lock_left: str = ""
    """Not empty when only giving the lock back failed: what terraform said about it."""
    was_interrupted: bool = False
    """A signal came too late to stop it: all was applied, and the command should go no further."""
    is_log_cut_short: bool = False
    """Terraform ended well and its stream lacks the end: the disk was full."""

    @property
    def summary(self) -> ChangeSummary | None:
        """Terraform's totals."""
        return self.progress.summary


@dataclass(frozen=True, slots=True)
class Output:
    """One output of the root. The value of a sensitive one is for machines, never for a screen."""

    value: Any = field(repr=False)
    is_sensitive: bool

    @property
    def shown(self) -> Any:
        """The value, or a placeholder for a sensitive one."""
        return "(sensitive)" if self.is_sensitive else self.value


Outputs = Mapping[str, Output]
