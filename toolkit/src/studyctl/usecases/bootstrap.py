"""Prepare an account once: the bucket for state and ledger of its environments, and the roles of their pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studyctl.domain.environment import Environment
from studyctl.domain.pipeline_identity import PipelineIdentity
from studyctl.domain.progress import Progress
from studyctl.domain.workspace import Workspace
from studyctl.usecases.plan import JudgedPlan, OnEvent, PlanRequest, Terraform, make_plan
from studyctl.usecases.render import PrivateFiles

SLOW_AND_NOT_NEEDED = "aws_s3_bucket_lifecycle_configuration"
"""The provider watches new rules for 50 s before it believes them."""


@dataclass(frozen=True)
class BootstrapOutcome:
    """What was found and made."""

    bucket: str
    changed: bool
    resources: int
    role_arns: Mapping[str, str] = field(default_factory=dict)
    """What jobs of the pipeline assume, such as `dev-plan`; empty where no repository is named."""


def is_usable(progress: Progress) -> bool:
    """Whether state can be kept already: all is done but the lifecycle rules, which only matter months later."""
    left = progress.total - progress.done
    waits_for_rules = all(f".{SLOW_AND_NOT_NEEDED}." in address for address in progress.in_flight)
    return 0 < left == len(progress.in_flight) and waits_for_rules


def bootstrap(
    environment: Environment,
    account_id: str,
    workspace: Workspace,
    run_id: str,
    *,
    terraform: Terraform,
    files: PrivateFiles,
    on_event: OnEvent | None = None,
    confirm: Callable[[JudgedPlan], None] | None = None,
    pipeline: PipelineIdentity | None = None,
) -> BootstrapOutcome:
    """Apply infra/bootstrap with its state on this machine; a second run finds nothing to do.

    Raises:
        StudyctlError: terraform's failures; a run that was cut off continues where it stopped.
    """
    state = workspace.build / "terraform.tfstate"
    files.write(workspace.var_file, json.dumps(variables(environment, account_id, pipeline), indent=2) + "\n")
    files.write(workspace.backend_config, f"path = {json.dumps(str(state))}\n")
    out = workspace.run_dir(run_id) / "plan.tfplan"
    plan = make_plan(terraform, workspace, run_id, PlanRequest(), out=out, on_event=on_event)
    plan.verdict.enforce()
    if plan.has_changes:
        if confirm is not None:
            confirm(plan)
        terraform.apply(workspace, run_id, plan.file, on_event=on_event)
    terraform.discard(plan.file)
    outputs = terraform.outputs(workspace)
    roles = outputs["pipeline_role_arns"].value if "pipeline_role_arns" in outputs else {}
    return BootstrapOutcome(
        outputs["state_bucket"].value["name"], plan.has_changes, len(plan.summary.effective), dict(roles)
    )


def variables(environment: Environment, account_id: str, pipeline: PipelineIdentity | None = None) -> dict[str, Any]:
    """The variables of infra/bootstrap: the account as the environment's file describes it."""
    return {
        "account": {
            "id": account_id,
            "region": environment.region,
            "project": environment.project,
            "owner": environment.owner,
            "cost_center": environment.cost_center,
        },
        "pipeline": pipeline.to_variable() if pipeline else None,
    }
