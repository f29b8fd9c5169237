"""Read what an environment will be, for a picture or a proof of it. Nothing is judged and nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studyctl.domain.outcome import PlanFile
from studyctl.domain.topology.planned import mapping
from studyctl.domain.workspace import Workspace
from studyctl.errors import UsageError
from studyctl.usecases.plan import OnEvent, Terraform


def survey(
    terraform: Terraform,
    workspace: Workspace,
    run_id: str,
    *,
    out: Path,
    lock_timeout_seconds: int = 0,
    on_event: OnEvent | None = None,
) -> Mapping[str, Any]:
    """Plan into `out`, return the plan and remove it. Unlike a deploy's, it is read when it changes nothing too."""
    terraform.init(workspace)
    outcome = terraform.plan(workspace, run_id, out=out, lock_timeout_seconds=lock_timeout_seconds, on_event=on_event)
    try:
        return of_environment(terraform.show_plan(workspace, outcome.plan), workspace.environment)
    finally:
        terraform.discard(outcome.plan)


def survey_saved(terraform: Terraform, workspace: Workspace, plan: PlanFile) -> Mapping[str, Any]:
    """Return a plan that an earlier command kept.

    Raises:
        StalePlan: the file is not the one that was saved.
    """
    terraform.init(workspace)
    return of_environment(terraform.show_plan(workspace, plan), workspace.environment)


def of_environment(document: Mapping[str, Any], environment: str) -> Mapping[str, Any]:
    """Return terraform's plan JSON if it was made for an environment.

    Raises:
        UsageError: it was made for another one, or is no plan.
    """
    if not isinstance(document.get("planned_values"), dict):
        raise UsageError(
            "this is not a plan: it has no planned_values",
            hint="Write one with: terraform show -json PLAN > plan.json",
        )
    variable = mapping(mapping(mapping(document.get("variables")).get("environment")).get("value"))
    planned = variable.get("name", environment)
    if planned != environment:
        raise UsageError(
            f"this plan was made for {planned}, not for {environment}",
            hint=f"Name its own environment: {planned}",
        )
    return document
