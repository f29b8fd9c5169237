"""Make a plan, say what it means, and judge it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.events import Diagnostic, Event
from studyctl.domain.guard import Verdict, check_plan
from studyctl.domain.outcome import ApplyOutcome, InitOutcome, Outputs, PlanFile, PlanOutcome
from studyctl.domain.plan import PlanSummary, summarise
from studyctl.domain.progress import Progress
from studyctl.domain.workspace import Workspace

OnEvent = Callable[[Event, Progress], None]


class Terraform(Protocol):
    """The terraform operations that use cases need; each raises the typed errors of studyctl.errors."""

    def init(self, workspace: Workspace) -> InitOutcome:
        """Prepare the workspace, or find it prepared."""
        ...

    def plan(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        out: Path,
        destroy: bool = False,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> PlanOutcome:
        """Plan into `out`."""
        ...

    def show_plan(self, workspace: Workspace, plan: PlanFile) -> Mapping[str, Any]:
        """The plan as terraform's JSON, secrets included."""
        ...

    def apply(
        self,
        workspace: Workspace,
        run_id: str,
        plan: PlanFile,
        *,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> ApplyOutcome:
        """Apply exactly that plan."""
        ...

    def outputs(self, workspace: Workspace) -> Outputs:
        """The outputs of the last apply."""
        ...

    def discard(self, plan: PlanFile) -> None:
        """Remove a plan file."""
        ...


@dataclass(frozen=True)
class PlanRequest:
    """What to plan. `allowed_destroys` are addresses that may lose data."""

    destroy: bool = False
    allowed_destroys: frozenset[str] = frozenset()
    lock_timeout_seconds: int = 0


@dataclass(frozen=True)
class JudgedPlan:
    """A saved plan with its meaning and the guard's verdict. `document` is terraform's JSON, empty without changes."""

    outcome: PlanOutcome
    summary: PlanSummary
    verdict: Verdict
    document: Mapping[str, Any]

    @property
    def has_changes(self) -> bool:
        """Whether applying it would do something."""
        return self.outcome.has_changes

    @property
    def warnings(self) -> Sequence[Diagnostic]:
        """What terraform warned of."""
        return self.outcome.warnings


def make_plan(
    terraform: Terraform,
    workspace: Workspace,
    run_id: str,
    request: PlanRequest,
    *,
    out: Path,
    on_event: OnEvent | None = None,
) -> JudgedPlan:
    """Plan, read the plan once, and judge it. A plan without changes is not read at all: there is nothing in it."""
    terraform.init(workspace)
    outcome = terraform.plan(
        workspace,
        run_id,
        out=out,
        destroy=request.destroy,
        lock_timeout_seconds=request.lock_timeout_seconds,
        on_event=on_event,
    )
    document = terraform.show_plan(workspace, outcome.plan) if outcome.has_changes else {}
    summary = summarise(document)
    return JudgedPlan(outcome, summary, check_plan(summary, request.allowed_destroys), document)
