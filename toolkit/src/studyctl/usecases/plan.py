"""Make a plan, say what it means, and judge it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.events import Diagnostic, Event
from studyctl.domain.guard import Verdict, check_plan
from studyctl.domain.outcome import ApplyOutcome, InitOutcome, Outputs, PlanFile, PlanOutcome
from studyctl.domain.plan import NOTHING, PlanSummary, summarise
from studyctl.domain.progress import Progress
from studyctl.domain.protection import check_protection
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
    """What to plan. `allowed_destroys` are addresses that may lose data; a destroy means all of them."""

    destroy: bool = False
    allowed_destroys: frozenset[str] = frozenset()
    lock_timeout_seconds: int = 0


@dataclass(frozen=True)
class JudgedPlan:
    """A saved plan with its meaning and the guard's verdict. `document` is terraform's JSON, empty without changes."""

    file: PlanFile
    has_changes: bool
    summary: PlanSummary
    verdict: Verdict
    document: Mapping[str, Any]
    warnings: Sequence[Diagnostic] = ()

    @property
    def change_set(self) -> str:
        """What it would do, normalised: equal for two plans that would do the same; empty for one that does nothing."""
        return "" if self.summary.is_empty else self.summary.digest


def make_plan(
    terraform: Terraform,
    workspace: Workspace,
    run_id: str,
    request: PlanRequest,
    *,
    out: Path,
    on_event: OnEvent | None = None,
) -> JudgedPlan:
    """Plan into `out`, read the plan once, and judge it."""
    terraform.init(workspace)
    outcome = terraform.plan(
        workspace,
        run_id,
        out=out,
        destroy=request.destroy,
        lock_timeout_seconds=request.lock_timeout_seconds,
        on_event=on_event,
    )
    # reading a plan takes seconds, and in one without changes there is nothing to read
    document = terraform.show_plan(workspace, outcome.plan) if outcome.has_changes else {}
    judged = _judge(request, outcome.plan, document, has_changes=outcome.has_changes)
    return replace(judged, warnings=outcome.warnings)


def read_plan(
    terraform: Terraform, workspace: Workspace, request: PlanRequest, file: PlanFile, *, has_changes: bool
) -> JudgedPlan:
    """Judge a plan that an earlier command saved. It is always read, whatever the note beside it says.

    Raises:
        StalePlan: the file is not the one that was saved.
    """
    terraform.init(workspace)
    document = terraform.show_plan(workspace, file)
    has_changes = has_changes or bool(summarise(document).effective)
    return _judge(request, file, document, has_changes=has_changes)


def _judge(request: PlanRequest, file: PlanFile, document: Mapping[str, Any], *, has_changes: bool) -> JudgedPlan:
    summary = summarise(document) if document else NOTHING
    allowed = {change.address for change in summary.changes} if request.destroy else request.allowed_destroys
    verdict = check_plan(summary, allowed_destroys=allowed)
    if request.destroy:
        verdict = Verdict((*verdict.findings, *check_protection(document).findings))
    return JudgedPlan(file, has_changes, summary, verdict, document)
