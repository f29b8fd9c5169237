"""Release services: decide what each will run, see that everything is there, write it down, carry it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studyctl.domain.deployment_permit import ANY_TIME, Permit
from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.checks import AlarmVerdict, judge_alarms, references_of, require_quiet, require_references
from studyctl.domain.release.definitions import Definition
from studyctl.domain.release.history import awaits_return, base_of, last_proven, superseded, unfinished
from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.manifest import Manifest, require_listed
from studyctl.domain.release.plan import RolloutPlan, Wish, longest, plan_rollout
from studyctl.domain.release.seen import ReferenceSeen, ServiceSeen
from studyctl.domain.release.steps import StepKind
from studyctl.domain.release.strategy import Strategy
from studyctl.errors import OutcomeUnknown
from studyctl.usecases.carry_out import Actor, carry_out, resume, settle
from studyctl.usecases.release_bake import watched_alarms
from studyctl.usecases.release_steps import FORCED_MIGRATIONS, Work
from studyctl.usecases.release_stop import being_recorded, resumable


@dataclass(frozen=True)
class ReleaseRequest:
    """What was asked for. No image: each service keeps the one it has. `images` wins over `tag`."""

    services: tuple[str, ...] = ()
    images: Mapping[str, ImageReference] = field(default_factory=dict)
    tag: ImageReference | None = None
    run_before: tuple[str, ...] = ()
    run_before_always: bool = True
    """Whether `run_before` runs although no service changes."""
    accepted_alarms: frozenset[str] = frozenset()
    force_migrations: bool = False
    reason: str = ""
    dry_run: bool = False
    lock_timeout_seconds: float = 0
    promoted_from: str | None = None
    manifest: Manifest | None = None
    question: str = ""
    """What is asked before anything changes; empty: nobody is asked."""
    permit: Permit = ANY_TIME
    """Whether the environment may be changed now; asked only when there is something to change."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """What a person decided against the rules; it stays in the ledger."""
        accepted = tuple(f"--accept-alarm {name}" for name in sorted(self.accepted_alarms))
        forced = (FORCED_MIGRATIONS,) if self.force_migrations else ()
        return (*accepted, *forced, *self.permit.overrides)


@dataclass(frozen=True)
class Rules:
    """What the environment's file says about releasing, by service."""

    strategies: Mapping[str, Strategy]
    minimum_counts: Mapping[str, int]
    signing_key: str | None = None
    """The key that manifests of images must be signed with."""


@dataclass(frozen=True)
class Origin:
    """From where a release comes: the commit, and the state of the infrastructure that it runs on."""

    commit: str
    state_serial: int | None = None
    state_version_id: str | None = None


@dataclass(frozen=True)
class ReleaseOutcome:
    """What was planned and what became of it; no entry: nothing was to be done, or only shown."""

    plan: RolloutPlan
    entry: LedgerEntry | None = None
    serving: LedgerEntry | None = None


def release(request: ReleaseRequest, work: Work, rules: Rules, origin: Origin, actor: Actor) -> ReleaseOutcome:
    """Release, and go back by itself when it cannot be proven.

    Raises:
        Locked, Refused, PreflightFailed, OutcomeUnknown: nothing was changed.
        ReleaseFailed: it failed; the last proven release serves.
        RollbackFailed: it failed and so did the way back.
        Interrupted, Terminated: the command was stopped; it says what is known.
    """
    ports = work.ports
    if not request.dry_run:
        ports.holding.take(timeout_seconds=request.lock_timeout_seconds)
    entries = ports.ledger.entries()
    require_finished(entries)
    base = base_of(entries)
    seen = see_all(work)
    plan = plan_rollout(
        work.place,
        _wish(request, work, base, origin.commit),
        environment=work.environment,
        base=base,
        seen=seen,
        strategies=rules.strategies,
        minimum_counts=rules.minimum_counts,
    )
    ports.narrator.planned(plan)
    if plan.is_empty:
        return ReleaseOutcome(plan, serving=base)
    if not request.dry_run:
        request.permit.require()
    changed_images = [plan.release.services[key].image for key in plan.why]
    require_listed(changed_images, request.manifest, key=rules.signing_key, signatures=ports.signatures)
    verified = _verify(request, work, plan, seen, has_proven=last_proven(entries) is not None)
    if request.dry_run:
        return ReleaseOutcome(plan)
    if request.question:
        ports.narrator.confirm(request.question)
    with being_recorded(work.environment, "release", why="No service was changed."):
        entry = ports.ledger.add(_entry(request, plan, verified, origin=origin, actor=actor, work=work))
    with resumable(entry):
        _supersede(work, entry)
        ports.narrator.begun(entry, last_proven(entries))
    ended = settle(work, carry_out(work, entry), actor)
    return ReleaseOutcome(plan, ended, ended)


def resume_release(work: Work, actor: Actor) -> LedgerEntry | None:
    """Bring to its end what a dead command left; nothing when nothing was left."""
    work.ports.holding.take()
    return resume(work, actor)


def require_finished(entries: tuple[LedgerEntry, ...]) -> None:
    """Stop while a release is half done. One that bakes is done as far as others are concerned.

    Raises:
        OutcomeUnknown: a command died in the middle of a release.
    """
    left = unfinished(entries) or awaits_return(entries)
    if left is not None and not left.is_baking:
        raise OutcomeUnknown(
            f"{left.operation} {left.number} of {left.environment} is not finished: {left.status} at step {left.step}",
            why=f"{left.actor} began it at {left.started_at} and ended early.",
            hint=f"Finish it: studyctl release {left.environment} --resume. Or go back: studyctl rollback "
            f"{left.environment}",
        )


def see_all(work: Work) -> dict[str, ServiceSeen]:
    """Every service of the environment, by its key; what does not exist is left out."""
    seen = work.ports.services.see([place.name for place in work.place.services.values()])
    return {key: seen[place.name] for key, place in work.place.services.items() if place.name in seen}


@dataclass(frozen=True)
class _Verified:
    references: tuple[ReferenceSeen, ...]
    alarms: AlarmVerdict


def _wish(request: ReleaseRequest, work: Work, base: LedgerEntry | None, commit: str) -> Wish:
    """Terraform's template and the image of each chosen service. What the ledger knows already is not asked again."""
    chosen = work.place.chosen(request.services)
    templates: dict[str, Definition] = {}
    images: dict[str, str] = {}
    for key in chosen:
        before = base.release.services.get(key) if base else None
        template_arn = work.place.services[key].template_arn
        if before is not None and before.template_arn == template_arn:
            templates[key] = before.definition
        else:
            templates[key] = work.ports.services.definition(template_arn)
        reference = request.images.get(key) or request.tag
        if reference is not None:
            images[key] = str(work.ports.images.resolve(reference))
    return Wish(
        templates=templates,
        images=images,
        commit=commit,
        run_before=request.run_before,
        run_before_always=request.run_before_always,
    )


def _verify(
    request: ReleaseRequest, work: Work, plan: RolloutPlan, seen: Mapping[str, ServiceSeen], *, has_proven: bool
) -> _Verified:
    """See that everything a task needs is there and that no alarm rings, before anything changes."""
    changed = tuple(plan.why) or tuple(plan.release.services)
    references = work.ports.references.look(references_of(plan.release, changed, seen))
    require_references(references, work.environment)
    alarms = _settled_alarms(request, work, plan, {key: seen[key] for key in changed}, has_proven=has_proven)
    require_quiet(alarms, work.environment)
    return _Verified(references, alarms)


def _settled_alarms(
    request: ReleaseRequest, work: Work, plan: RolloutPlan, seen: Mapping[str, ServiceSeen], *, has_proven: bool
) -> AlarmVerdict:
    """Judge the alarms; those without data are given the strategy's hold time to get some."""
    gates = frozenset(name for service in seen.values() for name in service.alarm_names)
    watched = watched_alarms(work, seen)
    hold_seconds = longest([plan.release.services[key].strategy for key in seen]).hold_seconds
    deadline = work.ports.clock.seconds() + hold_seconds
    while True:
        states: Mapping[str, AlarmState] = work.ports.monitors.alarm_states(watched)
        verdict = judge_alarms(states, gates=gates, accepted=request.accepted_alarms, has_proven=has_proven)
        if verdict.ringing or not verdict.doubtful or work.ports.clock.seconds() >= deadline:
            return verdict
        work.ports.narrator.progress(f"waiting for the first data of {', '.join(verdict.doubtful)}")
        work.pause()


def _entry(
    request: ReleaseRequest, plan: RolloutPlan, verified: _Verified, *, origin: Origin, actor: Actor, work: Work
) -> LedgerEntry:
    versions = {each.reference.identifier: each.version for each in verified.references if each.version}
    changed = {
        key: content.model_copy(update={"secret_versions": versions}) if key in plan.why else content
        for key, content in plan.release.services.items()
    }
    return LedgerEntry(
        environment=work.environment,
        operation=Operation.PROMOTION if request.promoted_from else Operation.RELEASE,
        run_id=actor.run_id,
        actor=actor.name,
        started_at=work.ports.clock.now(),
        release=plan.release.model_copy(update={"services": changed}),
        plan=plan.steps,
        reason=request.reason,
        promoted_from=request.promoted_from,
        excused_alarms=verified.alarms.excused,
        overrides=request.overrides,
        state_serial=origin.state_serial,
        state_version_id=origin.state_version_id,
        toolkit_version=actor.toolkit_version,
    )


def _supersede(work: Work, entry: LedgerEntry) -> None:
    """Say of older entries that still bake that they never will be proven: what they brought bakes with this one."""
    for older in superseded(work.ports.ledger.entries()):
        if older.step is not None and older.step.kind is StepKind.BAKE:
            text = f"superseded by release {entry.number}"
            work.ports.ledger.save(older.ended(Status.SUPERSEDED, work.ports.clock.now(), text))
