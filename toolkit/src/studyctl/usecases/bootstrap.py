"""Prepare an account once: the bucket for state and ledger of its environments, and the roles of their pipeline.

The bucket cannot hold the state of its own making before it is there. So the first apply keeps it on this machine, and
it moves when that apply is done; whatever ends in between, the next run goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.account_state import STATE_KEY, Home, home_of_state, require_moved
from studyctl.domain.environment import Environment
from studyctl.domain.pipeline_identity import PipelineIdentity
from studyctl.domain.progress import Progress
from studyctl.domain.residents import Residents, to_variable
from studyctl.domain.state import StateSnapshot
from studyctl.domain.workspace import Workspace
from studyctl.usecases import plan
from studyctl.usecases.plan import JudgedPlan, OnEvent, PlanRequest, make_plan
from studyctl.usecases.render import BACKEND_TEMPLATE, PrivateFiles, Templates, state_bucket_name

SLOW_AND_NOT_NEEDED = "aws_s3_bucket_lifecycle_configuration"
"""The provider watches new rules for 50 s before it believes them."""


class Terraform(plan.Terraform, Protocol):
    """Terraform, which also hands states on."""

    def state(self, workspace: Workspace) -> StateSnapshot | None:
        """What the state names; None where there is none."""
        ...

    def push_state(self, workspace: Workspace, path: Path) -> None:
        """Store a state, unless another one is there or a newer one."""
        ...


class FirstRoot(Protocol):
    """The root while its state is on this machine."""

    @property
    def workspace(self) -> Workspace:
        """Where terraform works meanwhile."""
        ...

    @property
    def state_file(self) -> Path:
        """The state, while it is here."""
        ...

    def make(self) -> None:
        """Make the root as it is now."""
        ...

    def state(self) -> StateSnapshot | None:
        """What the file says; None where there is none."""
        ...

    def retire(self) -> None:
        """Put the file aside."""
        ...


@dataclass(frozen=True)
class Ports:
    """What preparing an account needs from the outside. `confirm` is asked before each apply that changes something.

    `lint` judges terraform's JSON of each plan, and raises when policies or controls speak against it.
    """

    terraform: Terraform
    files: PrivateFiles
    templates: Templates
    first: FirstRoot
    has_bucket: Callable[[], bool]
    lint: Callable[[Mapping[str, Any]], object]
    say: Callable[[str], None] = lambda _: None
    on_event: OnEvent | None = None
    confirm: Callable[[JudgedPlan], None] = lambda _: None


@dataclass(frozen=True)
class BootstrapOutcome:
    """What was found and made."""

    bucket: str
    state: str
    """Where the state of all this is."""
    changed: bool
    resources: int
    has_moved: bool = False
    """Whether this run moved the state into the bucket."""
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
    ports: Ports,
    *,
    residents: Residents,
    pipeline: PipelineIdentity | None = None,
) -> BootstrapOutcome:
    """Apply infra/bootstrap; a second run finds nothing to do, and one that was cut off is gone on with.

    `residents` are all environments of the account and region, the one that is named among them.

    Raises:
        StudyctlError: terraform's failures.
        Refused: what `lint` found in the plan; nothing was applied.
        OutcomeUnknown: nobody knows the state of what is there.
    """
    bucket = state_bucket_name(environment.project, account_id, environment.region)
    given = json.dumps(variables(environment, account_id, residents, pipeline), indent=2) + "\n"
    backend = {"bucket": bucket, "key": STATE_KEY, "region": environment.region, "account_id": account_id}
    ports.files.write(workspace.var_file, given)
    ports.files.write(
        workspace.backend_config, ports.templates.render(BACKEND_TEMPLATE, {**backend, "kms_key_id": None})
    )
    state = f"s3://{bucket}/{STATE_KEY}"
    has_bucket = ports.has_bucket()
    local, kept = ports.first.state(), _kept(workspace, ports) if has_bucket else None
    if home_of_state(local, kept, bucket=bucket, has_bucket=has_bucket) is Home.MACHINE:
        ports.files.write(ports.first.workspace.var_file, given)
        judged = _first_apply(run_id, ports, has_begun=local is not None)
        _move(workspace, ports, bucket, state)
        has_moved = True
    else:
        if local is not None:
            ports.first.retire()
        ports.say(f"The account was prepared before, its state is {state}: looking for what is left to do")
        judged = _apply(workspace, run_id, ports)
        has_moved = False
    outputs = ports.terraform.outputs(workspace)
    roles = outputs["pipeline_role_arns"].value if "pipeline_role_arns" in outputs else {}
    return BootstrapOutcome(
        bucket=outputs["state_bucket"].value["name"],
        state=state,
        changed=judged.has_changes,
        resources=len(judged.summary.effective),
        has_moved=has_moved,
        role_arns=dict(roles),
    )


def _kept(workspace: Workspace, ports: Ports) -> StateSnapshot | None:
    """What the bucket holds; terraform tells of a state without a lineage where there is none."""
    ports.terraform.init(workspace)
    found = ports.terraform.state(workspace)
    return found if found is not None and found.lineage else None


def _first_apply(run_id: str, ports: Ports, *, has_begun: bool) -> JudgedPlan:
    first = ports.first
    ports.say(
        f"{'An earlier run ended early; going on' if has_begun else 'Nothing was prepared yet'}. Step 1 of 2: make the "
        f"bucket, its key and what guards the account; until the bucket is there, the state is {first.state_file}"
    )
    first.make()
    return _apply(first.workspace, run_id, ports)


def _move(workspace: Workspace, ports: Ports, bucket: str, state: str) -> None:
    local = ports.first.state()
    assert local is not None  # noqa: S101 - an apply without a failure stored it
    ports.say(f"Step 2 of 2: the state moves to {state}, where everybody who prepares this account finds it")
    ports.terraform.init(workspace)
    ports.terraform.push_state(workspace, ports.first.state_file)
    require_moved(local, ports.terraform.state(workspace), bucket)
    ports.first.retire()


def _apply(workspace: Workspace, run_id: str, ports: Ports) -> JudgedPlan:
    out = workspace.run_dir(run_id) / "plan.tfplan"
    judged = make_plan(ports.terraform, workspace, run_id, PlanRequest(), out=out, on_event=ports.on_event)
    try:
        ports.lint(judged.document)
        judged.verdict.enforce()
        if judged.has_changes:
            ports.confirm(judged)
            ports.terraform.apply(workspace, run_id, judged.file, on_event=ports.on_event)
    finally:
        ports.terraform.discard(judged.file)
    return judged


def variables(
    environment: Environment,
    account_id: str,
    residents: Residents,
    pipeline: PipelineIdentity | None = None,
) -> dict[str, Any]:
    """The variables of infra/bootstrap: the account as the environment's file describes it."""
    return {
        "account": {
            "id": account_id,
            "region": environment.region,
            "project": environment.project,
            "owner": environment.owner,
            "cost_center": environment.cost_center,
        },
        "environments": to_variable(residents),
        "pipeline": pipeline.to_variable() if pipeline else None,
    }
