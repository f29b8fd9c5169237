"""Bring state and reality together again after a run that nobody can vouch for.

Look at what is there, decide (`studyctl.domain.recovery`), then: give the lock back, store what terraform could not
store, adopt what was made and is in no state, and plan. Runs count as told of only when all of that is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studyctl.domain.journal import Step
from studyctl.domain.lock import HeldLock
from studyctl.domain.outcome import ApplyOutcome
from studyctl.domain.plan import ChangeAction, PlanSummary
from studyctl.domain.recovery import (
    LockStep,
    LostRun,
    RecoveryPlan,
    Span,
    StateStep,
    plan_recovery,
    span_of,
    trace_of,
)
from studyctl.domain.run import RunRecord, RunStatus
from studyctl.domain.workspace import Workspace
from studyctl.errors import Interrupted, StudyctlError, Terminated
from studyctl.usecases import plan as planning
from studyctl.usecases.adopt import adopt
from studyctl.usecases.plan import PlanRequest
from studyctl.usecases.recovery_ports import Ports, RunEnd, Steps, Terraform


@dataclass(frozen=True)
class RecoverRequest:
    """What was asked for."""

    untaint: tuple[str, ...] = ()
    untaint_all: bool = False
    """Nothing that was cut off while it was made is replaced: the next plan compares it with what it should be."""
    leave: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True)
class RecoveryOutcome:
    """What was found and done. `remaining` is the plan afterwards; nothing after a dry run or with nothing to do."""

    plan: RecoveryPlan
    ends: tuple[RunEnd, ...]
    alive: tuple[RunRecord, ...] = ()
    adopted: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Looked for and not there, so the next deploy makes them."""
    unnamed: tuple[str, ...] = ()
    """Begun, and without a name to look for: they may exist."""
    remaining: PlanSummary | None = None

    @property
    def still_to_create(self) -> int:
        """How much is not there yet."""
        return self.remaining.counts.get(ChangeAction.CREATE, 0) if self.remaining else 0

    @property
    def would_be_replaced(self) -> tuple[str, ...]:
        """What the next deploy would replace."""
        changes = self.remaining.effective if self.remaining else ()
        return tuple(change.address for change in changes if change.action is ChangeAction.REPLACE)


def recover(request: RecoverRequest, workspace: Workspace, ports: Ports, run_id: str) -> RecoveryOutcome:
    """Find out what runs came to, and recover from those that nobody can vouch for.

    Raises:
        Locked: somebody else works on the environment.
        Refused: adopting would take something away.
        OutcomeUnknown: a person must decide; both sides are named.
    """
    step = Steps(ports)
    with step(Step.PREFLIGHT):
        ends, alive = _account_for_runs(workspace, ports, follow=not request.dry_run)
        ports.render()
        ports.terraform.init(workspace)
        plan = _decide(request, workspace, ports, [end for end in ends if end.is_lost])
    ports.narrator.decided(plan)
    if alive and request.dry_run:
        return RecoveryOutcome(plan, ends, alive)
    plan.require_possible()
    if request.dry_run:
        return RecoveryOutcome(plan, ends)
    if plan.state_step is not StateStep.PUSH:
        ports.require_state()
    if plan.is_empty:
        _vouch(ends, ports)
        with step(Step.RECORD):
            pass
        return RecoveryOutcome(plan, ends)
    if plan.changes_lock or plan.state_step is StateStep.PUSH or plan.untaint or plan.superseded:
        with step(Step.CONFIRM):
            ports.narrator.confirm(f"Do that to {workspace.environment}?")
    _restore(plan, workspace, ports, step)
    found = adopt(plan, workspace, ports, run_id, step)
    with step(Step.VERIFY):
        out = workspace.run_dir(run_id) / "after.tfplan"
        after = planning.make_plan(ports.terraform, workspace, run_id, PlanRequest(), out=out)
        ports.terraform.discard(after.file)
    with step(Step.RECORD):
        _vouch(ends, ports)
    return RecoveryOutcome(
        plan,
        ends,
        adopted=tuple(found.imports),
        absent=tuple(sorted(found.absent)),
        unnamed=tuple(sorted(found.unnamed)),
        remaining=after.summary,
    )


def _account_for_runs(
    workspace: Workspace, ports: Ports, *, follow: bool
) -> tuple[tuple[RunEnd, ...], tuple[RunRecord, ...]]:
    """Return what every run came to that nobody was told of, and those that still live when not following them."""
    ends, alive = [], []
    for record in ports.terraform.runs(workspace):
        if not record.needs_attention:
            continue
        if record.status is RunStatus.RUNNING and not follow:
            alive.append(record)
            continue
        on_event = ports.narrator.on_event() if record.status is RunStatus.RUNNING else None
        ended = ports.terraform.end_of(workspace, record, on_event=on_event)
        if isinstance(ended, Interrupted | Terminated):
            raise ended  # somebody stopped this command, and with it the run that it followed
        end = _end(record, ended)
        ports.narrator.told(end)
        ends.append(end)
    return tuple(ends), tuple(alive)


def _end(record: RunRecord, ended: ApplyOutcome | StudyctlError) -> RunEnd:
    if isinstance(ended, StudyctlError):
        return RunEnd(record, ended.what, ended)
    return RunEnd(record, f"{ended.progress.done} resources done, the state is stored")


def _decide(request: RecoverRequest, workspace: Workspace, ports: Ports, lost: Sequence[RunEnd]) -> RecoveryPlan:
    terraform = ports.terraform
    lock = ports.lock.held()
    return plan_recovery(
        workspace.environment,
        [LostRun(end.record.run_id, end.words, trace_of(terraform.events_of(end.record))) for end in lost],
        lock=lock,
        holder=ports.holder,
        spans=tuple(_spans(lock, workspace, terraform)),
        stored=terraform.state(workspace),
        unsaved=[state for end in lost for state in terraform.unsaved_states(workspace, end.record)],
        untaint=request.untaint,
        untaint_all=request.untaint_all,
        leave=request.leave,
    )


def _spans(lock: HeldLock | None, workspace: Workspace, terraform: Terraform) -> Iterator[Span]:
    """Yield when runs of this checkout may have taken the lock that is held; only runs of that time are read."""
    taken_at = lock.info.created_at if lock else None
    if taken_at is None:
        return
    for record in terraform.runs(workspace):
        if record.started_at > taken_at or record.status is RunStatus.RUNNING:
            continue
        span = span_of(
            record.operation.value,
            record.started_at,
            record.result.finished_at if record.result else None,
            terraform.last_sign_of_life(record),
            terraform.events_of(record),
            waits=any(word.startswith("-lock-timeout=") and word != "-lock-timeout=0s" for word in record.argv),
        )
        if span is not None:
            yield span


def _restore(plan: RecoveryPlan, workspace: Workspace, ports: Ports, step: Steps) -> None:
    """Lock, then state, then taints: each needs the one before."""
    if plan.lock is not None and plan.changes_lock:
        with step(Step.UNLOCK, lock=plan.lock.info.lock_id or "unreadable"):
            if plan.lock_step is LockStep.RELEASE:
                ports.terraform.force_unlock(workspace, plan.lock.info.lock_id)
            else:
                ports.lock.remove(plan.lock)
    if plan.state_step is StateStep.PUSH and plan.unsaved is not None:
        with step(Step.STORE, serial=str(plan.unsaved.state.serial)):
            ports.terraform.push_state(workspace, plan.unsaved.path)
    if plan.state_step in (StateStep.PUSH, StateStep.STORED) and plan.unsaved is not None:
        plan.unsaved.path.unlink(missing_ok=True)  # it holds secrets, and what it says is stored now
    if plan.superseded:
        with step(Step.STORE, forgotten=", ".join(plan.superseded)):
            for address in plan.superseded:
                ports.terraform.forget(workspace, address)
    if plan.untaint:
        with step(Step.UNTAINT, addresses=", ".join(plan.untaint)):
            for address in plan.untaint:
                ports.terraform.untaint(workspace, address)


def _vouch(ends: Sequence[RunEnd], ports: Ports) -> None:
    for end in ends:
        ports.terraform.vouch_for(end.record)
