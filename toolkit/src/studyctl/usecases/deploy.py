"""Bring an environment to what its file says: render, plan, lint, guard, confirm, apply, verify, record, release.

The same steps remove an environment (`destroy`): only the plan differs and there is nothing left to verify.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.deployment_permit import ANY_TIME, Permit
from studyctl.domain.journal import Phase, Step
from studyctl.domain.lifetime import expected_seconds, require_lasting
from studyctl.domain.outcome import ApplyOutcome, PlanFile
from studyctl.domain.plan_manifest import require_same_changes
from studyctl.domain.records import ChangeCounts, DeploymentRecord, StateVersion
from studyctl.domain.verification import Verdict as Check
from studyctl.domain.workspace import Workspace
from studyctl.errors import Interrupted, StudyctlError
from studyctl.usecases.known_state import require_known_state
from studyctl.usecases.plan import JudgedPlan, OnEvent, PlanRequest, Terraform, make_plan, read_plan
from studyctl.usecases.release import ReleaseOutcome
from studyctl.usecases.verify import Observer, require_all, verify

PLATFORM_OUTPUT = "platform"


class Journal(Protocol):
    """Remembers on this machine which step a run is in."""

    def write(self, step: Step, phase: Phase, **facts: str) -> None:
        """Append a line and make sure that it survives a crash."""
        ...


class Ledger(Protocol):
    """Remembers in the account what was deployed."""

    def state_version(self) -> StateVersion | None:
        """The newest state, or nothing."""
        ...

    def state_outputs(self) -> Mapping[str, Any]:
        """The outputs that the state holds, sensitive ones left out."""
        ...

    def latest_record(self) -> DeploymentRecord | None:
        """The newest deployment, or nothing."""
        ...

    def append(self, record: DeploymentRecord) -> DeploymentRecord:
        """Keep a record; it comes back with its number."""
        ...


class Narrator(Protocol):
    """Tells the person in front of it what happens, and asks."""

    def step(self, step: Step) -> None:
        """A step begins."""
        ...

    def on_event(self) -> OnEvent:
        """What to call with terraform's events during the next operation."""
        ...

    def planned(self, plan: JudgedPlan) -> None:
        """Show what will happen and what it means."""
        ...

    def confirm(self, plan: JudgedPlan) -> None:
        """Go on only after a yes.

        Raises:
            ConfirmationNeeded, Interrupted: nobody to ask, or the answer was no.
        """
        ...

    def applied(self, outcome: ApplyOutcome) -> None:
        """Tell what is left to be said of an apply that did all it should."""
        ...

    def verified(self, checks: Sequence[Check]) -> None:
        """Show what the account answered."""
        ...


Release = Callable[[Mapping[str, Any], bool], ReleaseOutcome]
"""Releases services into what the outputs describe, and goes back by itself; true: only plans it."""


@dataclass(frozen=True)
class Ports:
    """What a deployment needs from the outside."""

    terraform: Terraform
    ledger: Ledger
    observer: Observer
    journal: Journal
    narrator: Narrator
    render: Callable[[], Sequence[Path]]
    now: Callable[[], str]
    lint: Callable[[Mapping[str, Any]], object] | None = None
    """Judges terraform's JSON of the plan and raises when policies or controls speak against it."""
    credentials_end: datetime | None = None
    """When the credentials in use end for certain; None: they are renewed, or nobody knows."""
    release: Release | None = None
    """Releases services once the infrastructure stands and is recorded; None: infrastructure only."""


@dataclass(frozen=True)
class RunIdentity:
    """Who runs what from where. `commit` ends with `-dirty` when the working tree differs from it."""

    run_id: str
    actor: str
    commit: str
    toolkit_version: str
    terraform_version: str


@dataclass(frozen=True)
class SavedPlan:
    """A plan from an earlier command, already found to belong to this environment as it is."""

    file: PlanFile
    has_changes: bool
    change_set: str
    """What was approved (`JudgedPlan.change_set`); a plan made now must come to the same."""


@dataclass(frozen=True)
class DeployRequest:
    """What was asked for."""

    plan: PlanRequest
    dry_run: bool = False
    saved: SavedPlan | None = None
    """A plan that was made and reviewed before: it is applied, and planning again only shows that it still holds."""
    permit: Permit = ANY_TIME
    """Whether the environment may be changed now; asked only when there is something to change."""

    @property
    def operation(self) -> str:
        """The word for it in journal and ledger."""
        return "destroy" if self.plan.destroy else "deploy"


@dataclass(frozen=True)
class DeployOutcome:
    """What was done. `record` is missing after a dry run and when a destroy took the ledger's reason away."""

    plan: JudgedPlan
    record: DeploymentRecord | None
    checks: tuple[Check, ...]
    outputs: Mapping[str, Any]
    released: ReleaseOutcome | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was applied."""
        return self.record is not None and self.plan.has_changes


def deploy(request: DeployRequest, workspace: Workspace, ports: Ports, identity: RunIdentity) -> DeployOutcome:
    """Run the steps in order; the journal has a line before and after each.

    Raises:
        StudyctlError: the step that failed says what happened, what was done until then, and the next command.
    """
    started_at = ports.now()
    out = workspace.run_dir(identity.run_id) / "plan.tfplan"

    with _Step(ports, Step.PREFLIGHT):
        before = ports.ledger.state_version()
        require_known_state(before, ports.ledger.latest_record(), workspace.environment)
    with _Step(ports, Step.RENDER):
        ports.render()
    with _Step(ports, Step.PLAN):
        fresh = make_plan(
            ports.terraform, workspace, identity.run_id, request.plan, out=out, on_event=ports.narrator.on_event()
        )
        plan = fresh if request.saved is None else _approved(request.saved, fresh, request, workspace, ports)
    ports.narrator.planned(plan)
    try:
        if ports.lint is not None and not request.plan.destroy:
            with _Step(ports, Step.LINT):
                ports.lint(plan.document)
        with _Step(ports, Step.GUARD):
            plan.verdict.enforce()
            if plan.has_changes and not request.dry_run:
                request.permit.require()
        if request.dry_run:
            return DeployOutcome(plan, record=None, checks=(), outputs={}, released=_rehearsed(plan, before, ports))
        applied = _confirm_and_apply(request, plan, workspace, ports, identity.run_id) if plan.has_changes else None
    finally:
        ports.terraform.discard(plan.file)  # it holds secrets in plain text

    outputs: Mapping[str, Any] = {}
    checks: tuple[Check, ...] = ()
    if not request.plan.destroy:
        with _Step(ports, Step.VERIFY):
            outputs = ports.ledger.state_outputs()
            checks = verify(outputs[PLATFORM_OUTPUT], ports.observer)
            ports.narrator.verified(checks)
            require_all(checks, workspace.environment)
    with _Step(ports, Step.RECORD):
        record = _record(request, plan, workspace, ports, identity=identity, started_at=started_at)
    if applied is not None and applied.was_interrupted:
        raise _came_too_late(workspace.environment)
    if request.plan.destroy or ports.release is None:
        return DeployOutcome(plan, record, checks, outputs)
    with _Step(ports, Step.RELEASE):
        released = ports.release(outputs, False)
    return DeployOutcome(plan, record, checks, outputs, released)


def _approved(
    saved: SavedPlan, fresh: JudgedPlan, request: DeployRequest, workspace: Workspace, ports: Ports
) -> JudgedPlan:
    """Read the plan that was approved, and hold it against one of now.

    Raises:
        StalePlan: it is not what was approved, or does not hold any more.
    """
    ports.terraform.discard(fresh.file)
    plan = read_plan(ports.terraform, workspace, request.plan, saved.file, has_changes=saved.has_changes)
    for found in (plan.change_set, fresh.change_set):
        require_same_changes(saved.change_set, found, workspace.environment)
    return plan


def _rehearsed(plan: JudgedPlan, state: StateVersion | None, ports: Ports) -> ReleaseOutcome | None:
    """What would be released into infrastructure that stays as it is; nobody can say it of one that changes."""
    if plan.has_changes or state is None or ports.release is None:
        return None
    return ports.release(ports.ledger.state_outputs(), True)


def _confirm_and_apply(
    request: DeployRequest, plan: JudgedPlan, workspace: Workspace, ports: Ports, run_id: str
) -> ApplyOutcome:
    with _Step(ports, Step.CONFIRM):
        needed = expected_seconds(plan.summary)
        require_lasting(ports.credentials_end, datetime.now(UTC), needed, workspace.environment)
        ports.narrator.confirm(plan)
    with _Step(ports, Step.APPLY):
        outcome = ports.terraform.apply(
            workspace,
            run_id,
            plan.file,
            lock_timeout_seconds=request.plan.lock_timeout_seconds,
            on_event=ports.narrator.on_event(),
        )
    ports.narrator.applied(outcome)
    return outcome


def _came_too_late(environment: str) -> Interrupted:
    return Interrupted(
        f"the deploy of {environment} was interrupted when everything was applied already",
        why="That is recorded. No service was released.",
        hint=f"Go on with: studyctl deploy {environment} --resume",
    )


def _record(
    request: DeployRequest,
    plan: JudgedPlan,
    workspace: Workspace,
    ports: Ports,
    *,
    identity: RunIdentity,
    started_at: str,
) -> DeploymentRecord:
    state = ports.ledger.state_version()
    latest = ports.ledger.latest_record()
    if not plan.has_changes and latest is not None:
        return latest  # nothing changed: the newest record still says what serves
    return ports.ledger.append(
        DeploymentRecord(
            run_id=identity.run_id,
            environment=workspace.environment,
            operation=request.operation,
            actor=identity.actor,
            commit=identity.commit,
            started_at=started_at,
            finished_at=ports.now(),
            plan_sha256=plan.file.sha256,
            changes=ChangeCounts.of(plan.summary),
            state_serial=state.serial if state else None,
            state_version_id=state.version_id if state else None,
            verified=not request.plan.destroy,
            toolkit_version=identity.toolkit_version,
            terraform_version=identity.terraform_version,
            overrides=request.permit.overrides,
        )
    )


class _Step:
    """Writes the journal around a step and tells the narrator; a failure is written down and passed on."""

    def __init__(self, ports: Ports, step: Step) -> None:
        self._ports = ports
        self._step = step

    def __enter__(self) -> None:
        self._ports.journal.write(self._step, Phase.STARTED)
        self._ports.narrator.step(self._step)

    def __exit__(self, kind: type[BaseException] | None, failure: BaseException | None, _: object) -> None:
        if kind is None:
            self._ports.journal.write(self._step, Phase.FINISHED)
        else:
            what = failure.what if isinstance(failure, StudyctlError) else kind.__name__
            self._ports.journal.write(self._step, Phase.FAILED, error=what)
