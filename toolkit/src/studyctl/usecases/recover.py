"""Bring state and reality together again after a run that nobody can vouch for.

Look at what is there, decide (`studyctl.domain.recovery`), then: give the lock back, store what terraform could not
store, adopt what was made and is in no state, and plan. Runs count as told of only when all of that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.events import Diagnostic, Event
from studyctl.domain.guard import Finding, Verdict, check_plan
from studyctl.domain.import_ids import Place, import_id, is_identity_enough, type_of
from studyctl.domain.journal import Phase, Step
from studyctl.domain.lock import HeldLock
from studyctl.domain.outcome import ApplyOutcome, PlanOutcome
from studyctl.domain.plan import NOTHING, ChangeAction, PlanSummary, summarise
from studyctl.domain.progress import Progress
from studyctl.domain.recovery import (
    LockStep,
    LostRun,
    RecoveryPlan,
    Span,
    StateStep,
    blamed,
    check_adoption,
    plan_recovery,
    says_missing,
    span_of,
    trace_of,
)
from studyctl.domain.run import RunRecord, RunStatus
from studyctl.domain.state import StateSnapshot, UnsavedState
from studyctl.domain.workspace import Workspace
from studyctl.errors import Interrupted, OutcomeUnknown, PreflightFailed, StudyctlError, Terminated, UsageError
from studyctl.usecases import plan as planning
from studyctl.usecases.plan import JudgedPlan, OnEvent, PlanRequest

MAX_TRIES = 12
"""How often the imports are planned: each try drops what does not exist or learns more names."""


class Terraform(planning.Terraform, Protocol):
    """What a recovery needs of terraform besides plan and apply."""

    def plan(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        out: Path,
        destroy: bool = False,
        targets: Sequence[str] = (),
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> PlanOutcome:
        """Plan into `out`, only `targets` and what they need when there are any."""
        ...

    def runs(self, workspace: Workspace) -> Sequence[RunRecord]:
        """Every operation that left a trace, oldest first."""
        ...

    def end_of(
        self, workspace: Workspace, record: RunRecord, *, on_event: OnEvent | None = None
    ) -> ApplyOutcome | StudyctlError:
        """Follow a run to its end and return what it came to."""
        ...

    def vouch_for(self, record: RunRecord) -> None:
        """Remember that it is known what a run came to."""
        ...

    def events_of(self, record: RunRecord) -> Iterator[Event]:
        """What a run said."""
        ...

    def last_sign_of_life(self, record: RunRecord) -> float:
        """When a run wrote anything last."""
        ...

    def unsaved_states(self, workspace: Workspace, record: RunRecord) -> Sequence[UnsavedState]:
        """States that could not be stored."""
        ...

    def state(self, workspace: Workspace) -> StateSnapshot | None:
        """What the stored state names."""
        ...

    def push_state(self, workspace: Workspace, path: Path) -> None:
        """Store a state."""
        ...

    def untaint(self, workspace: Workspace, address: str) -> None:
        """Take back that something must be replaced."""
        ...

    def forget(self, workspace: Workspace, address: str) -> None:
        """Take an address out of the state."""
        ...

    def force_unlock(self, workspace: Workspace, lock_id: str) -> None:
        """Remove a lock by its id."""
        ...


class Lock(Protocol):
    """The state lock as it lies in the store."""

    def held(self) -> HeldLock | None:
        """The lock, or nothing."""
        ...

    def remove(self, lock: HeldLock) -> None:
        """Delete the lock file if it is still what was looked at."""
        ...


class Root(Protocol):
    """A copy of the configuration that can hold imports."""

    @property
    def workspace(self) -> Workspace:
        """Where terraform works."""
        ...

    def make(self) -> None:
        """Make the copy."""
        ...

    def write_imports(self, imports: Mapping[str, str]) -> None:
        """Replace its import blocks: identity by address."""
        ...

    def remove(self) -> None:
        """Take the copy away."""
        ...


class Journal(Protocol):
    """Remembers which step a recovery is in."""

    def write(self, step: Step, phase: Phase, **facts: str) -> None:
        """Append a line."""
        ...


class Narrator(Protocol):
    """Tells what happens, and asks."""

    def step(self, step: Step) -> None:
        """A step begins."""
        ...

    def on_event(self) -> OnEvent:
        """What to call with terraform's events during the next operation."""
        ...

    def told(self, end: RunEnd) -> None:
        """What became of a run is known."""
        ...

    def decided(self, plan: RecoveryPlan) -> None:
        """Show what will be done."""
        ...

    def confirm(self, question: str) -> None:
        """Go on only after a yes."""
        ...

    def planned(self, plan: JudgedPlan) -> None:
        """Show the plan that adopts."""
        ...


@dataclass(frozen=True)
class Ports:
    """What a recovery needs from the outside. `holder` is whom a lock of this machine and user names."""

    terraform: Terraform
    lock: Lock
    root: Root
    journal: Journal
    narrator: Narrator
    render: Callable[[], object]
    require_state: Callable[[], None]
    """Raises when the stored state cannot be the newest and there is nothing to put in its place."""
    holder: str
    place: Place


@dataclass(frozen=True)
class RecoverRequest:
    """What was asked for."""

    untaint: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True)
class RunEnd:
    """What a run came to. `failure` is nothing when all of it was applied."""

    record: RunRecord
    words: str
    failure: StudyctlError | None = None

    @property
    def is_lost(self) -> bool:
        """Whether nobody can vouch for it."""
        return isinstance(self.failure, OutcomeUnknown)


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
    step = _Steps(ports)
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
    found = _adopt(plan, workspace, ports, run_id, step)
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


def _restore(plan: RecoveryPlan, workspace: Workspace, ports: Ports, step: _Steps) -> None:
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


@dataclass
class _Found:
    """What the search for real things has come to so far: import identities, and what is not known yet or not there."""

    imports: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    certain: frozenset[str] = frozenset()
    absent: set[str] = field(default_factory=set)
    unnamed: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, plan: RecoveryPlan) -> _Found:
        made = {one.address: one.resource_id for one in plan.adopt}
        imports = {address: identity for address, identity in made.items() if is_identity_enough(type_of(address))}
        names_needed = {address: identity for address, identity in made.items() if address not in imports}
        return cls(imports, {**names_needed, **dict.fromkeys(plan.search, "")}, frozenset(made))

    @property
    def targets(self) -> tuple[str, ...]:
        return (*self.imports, *self.open)

    def learn(self, document: Mapping[str, Any], place: Place) -> bool:
        """Name what a plan tells the names of; whether there was anything new."""
        planned = {raw["address"]: raw["change"].get("after") or {} for raw in document.get("resource_changes", ())}
        learnt = {
            address: identity
            for address, known in self.open.items()
            if (identity := import_id(type_of(address), planned.get(address, {}), place, known))
        }
        self.imports |= learnt
        self.open = {address: known for address, known in self.open.items() if address not in learnt}
        return bool(learnt)

    def give_up(self) -> None:
        """Nothing more can be learnt."""
        self.unnamed |= self.open.keys()
        self.open = {}

    def drop(self, addresses: Collection[str]) -> None:
        """Take away what is not there."""
        self.absent |= set(addresses)
        self.imports = {address: identity for address, identity in self.imports.items() if address not in addresses}


def _adopt(plan: RecoveryPlan, workspace: Workspace, ports: Ports, run_id: str, step: _Steps) -> _Found:
    found = _Found.begin(plan)
    if not found.targets:
        return found
    try:
        with step(Step.RENDER):
            ports.root.make()
            ports.terraform.init(ports.root.workspace)
        with step(Step.PLAN):
            judged = _plan_imports(found, ports, run_id)
        if judged is None:
            return found
        if not judged.has_changes:
            ports.terraform.discard(judged.file)
            return found
        ports.narrator.planned(judged)
        with step(Step.GUARD):
            judged.verdict.enforce()
        with step(Step.CONFIRM):
            ports.narrator.confirm(f"Adopt these {len(found.imports)} into the state of {workspace.environment}?")
        with step(Step.APPLY):
            ports.terraform.apply(ports.root.workspace, run_id, judged.file, on_event=ports.narrator.on_event())
        ports.terraform.discard(judged.file)
    finally:
        ports.root.remove()
    return found


def _plan_imports(found: _Found, ports: Ports, run_id: str) -> JudgedPlan | None:
    """Plan until every import that is left is of something that exists; None when nothing is left.

    Names become known as what they depend on is imported, so an open name is asked for again after each success.
    """
    for _ in range(MAX_TRIES):
        if not found.targets:
            return None
        ports.root.write_imports(found.imports)
        judged = _try_imports(found, ports, run_id)
        if judged is None:
            continue
        if found.open:
            if not found.learn(judged.document, ports.place):
                found.give_up()
            ports.terraform.discard(judged.file)
            continue
        return judged
    raise OutcomeUnknown(
        f"after {MAX_TRIES} plans it is still not known what exists of {ports.root.workspace.environment}",
        why=f"Still looked for: {', '.join(found.targets)}.",
        hint="Leave some of them out with --leave ADDRESS, then recover again.",
    )


def _try_imports(found: _Found, ports: Ports, run_id: str) -> JudgedPlan | None:
    """Plan the imports; None when some were dropped because there is nothing to import."""
    errors: list[Diagnostic] = []
    draw = ports.narrator.on_event()

    def on_event(event: Event, progress: Progress) -> None:
        if isinstance(event, Diagnostic) and event.severity == "error":
            errors.append(event)
        draw(event, progress)

    workspace = ports.root.workspace
    out = workspace.run_dir(run_id) / "adopt.tfplan"
    try:
        outcome = ports.terraform.plan(workspace, run_id, out=out, targets=found.targets, on_event=on_event)
    except (PreflightFailed, UsageError) as failure:
        guilty = blamed(errors, found.imports)
        gone = {one for one, error in guilty.items() if one not in found.certain or says_missing(error)}
        if gone:
            found.drop(gone)
            return None
        if not guilty:
            raise
        raise PreflightFailed(
            f"{', '.join(sorted(guilty))} cannot be adopted",
            why=failure.why,
            hint=f"To go on without, and look after it by hand: --leave '{min(guilty)}'",
        ) from failure
    document = ports.terraform.show_plan(workspace, outcome.plan) if outcome.has_changes else {}
    summary = summarise(document) if document else NOTHING
    verdict = Verdict((*check_adoption(summary).findings, *_other_findings(summary)))
    return JudgedPlan(outcome.plan, outcome.has_changes, summary, verdict, document, outcome.warnings)


def _other_findings(summary: PlanSummary) -> Iterator[Finding]:
    """What any plan is refused for, but for what a recovery refuses anyway."""
    removed = {change.address for change in summary.changes if change.removes}
    yield from check_plan(summary, allowed_destroys=removed).findings


def _vouch(ends: Sequence[RunEnd], ports: Ports) -> None:
    for end in ends:
        ports.terraform.vouch_for(end.record)


class _Steps:
    """Writes the journal around each step and tells the narrator."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    @contextmanager
    def __call__(self, step: Step, **facts: str) -> Iterator[None]:
        self._ports.journal.write(step, Phase.STARTED, **facts)
        self._ports.narrator.step(step)
        try:
            yield
        except BaseException as failure:
            what = failure.what if isinstance(failure, StudyctlError) else type(failure).__name__
            self._ports.journal.write(step, Phase.FAILED, error=what)
            raise
        self._ports.journal.write(step, Phase.FINISHED)
