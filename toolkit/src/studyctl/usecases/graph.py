"""Read what an environment will be, for a picture of it. Nothing is judged and nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studyctl.domain.outcome import PlanFile
from studyctl.domain.topology import Topology, topology_of
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
) -> Topology:
    """Plan into `out`, read the plan and remove it. Unlike a deploy's, it is read when it changes nothing too."""
    terraform.init(workspace)
    outcome = terraform.plan(workspace, run_id, out=out, lock_timeout_seconds=lock_timeout_seconds, on_event=on_event)
    try:
        return read_document(terraform.show_plan(workspace, outcome.plan), workspace.environment)
    finally:
        terraform.discard(outcome.plan)


def survey_saved(terraform: Terraform, workspace: Workspace, plan: PlanFile) -> Topology:
    """Read a plan that an earlier command kept.

    Raises:
        StalePlan: the file is not the one that was saved.
    """
    terraform.init(workspace)
    return read_document(terraform.show_plan(workspace, plan), workspace.environment)


def read_document(document: Mapping[str, Any], environment: str) -> Topology:
    """Return the topology of terraform's plan JSON.

    Raises:
        UsageError: it was made for another environment, or there is nothing in it.
    """
    variable = mapping(mapping(mapping(document.get("variables")).get("environment")).get("value"))
    planned = variable.get("name", environment)
    if planned != environment:
        raise UsageError(
            f"this plan was made for {planned}, not for {environment}",
            hint=f"Draw it under its own name: studyctl graph {planned} --plan FILE",
        )
    return topology_of(document, environment)
