"""Compare an environment with its account: what changed behind terraform's back, and what nobody manages."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain import drift
from studyctl.domain.drift import DriftReport, Ignore, Unmanaged
from studyctl.domain.drift_settling import settled
from studyctl.domain.outcome import InitOutcome, PlanFile, PlanOutcome
from studyctl.domain.plan import NOTHING, PlanSummary, summarise
from studyctl.domain.workspace import Workspace
from studyctl.errors import UsageError
from studyctl.usecases.plan import OnEvent


class Planner(Protocol):
    """Plans that look and plans that do not; each raises the typed errors of studyctl.errors."""

    def init(self, workspace: Workspace) -> InitOutcome:
        """Prepare the workspace, or find it prepared."""
        ...

    def plan(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        out: Path,
        refresh_only: bool = False,
        refresh: bool = True,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> PlanOutcome:
        """Plan into `out`."""
        ...

    def show_plan(self, workspace: Workspace, plan: PlanFile) -> Mapping[str, Any]:
        """The plan as terraform's JSON."""
        ...

    def discard(self, plan: PlanFile) -> None:
        """Remove a plan file."""
        ...


class States(Protocol):
    """Knows which things the newest state names."""

    def identifiers(self) -> frozenset[str] | None:
        """ARNs and ids; None where nothing was ever deployed."""
        ...


class Tagged(Protocol):
    """Lists what carries an environment's tags."""

    def tagged(self, regions: Sequence[str], tags: Mapping[str, str]) -> Iterable[Unmanaged]:
        """Everything in these regions that carries all of these tags."""
        ...


def find_drift(
    planner: Planner,
    states: States,
    account: Tagged,
    workspace: Workspace,
    *,
    run_ids: tuple[str, str],
    regions: Sequence[str],
    tags: Mapping[str, str],
    ignores: Sequence[Ignore],
    today: datetime.date,
    lock_timeout_seconds: int = 0,
    on_event: OnEvent | None = None,
) -> DriftReport:
    """Look at everything once and change nothing, not even the state.

    Raises:
        UsageError: the environment is not deployed.
    """
    managed = states.identifiers()
    if not managed:
        raise UsageError(
            f"{workspace.environment} is not deployed, so nothing can have drifted",
            hint=f"Deploy it first: studyctl deploy {workspace.environment}",
        )
    planner.init(workspace)

    def summary(run_id: str, *, refresh_only: bool) -> PlanSummary:
        # with nothing refreshed, what is left is the difference between configuration and state
        made = planner.plan(
            workspace,
            run_id,
            out=workspace.run_dir(run_id) / "plan.tfplan",
            refresh_only=refresh_only,
            refresh=refresh_only,
            lock_timeout_seconds=lock_timeout_seconds,
            on_event=on_event if refresh_only else None,
        )
        try:
            return summarise(settled(planner.show_plan(workspace, made.plan))) if made.has_changes else NOTHING
        finally:
            planner.discard(made.plan)

    refreshed = summary(run_ids[0], refresh_only=True)
    pending = summary(run_ids[1], refresh_only=False)
    tagged = account.tagged(regions, tags)
    return drift.report(refreshed, pending, tagged=tagged, managed=managed, ignores=ignores, today=today)
