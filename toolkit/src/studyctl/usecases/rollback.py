"""Put a proven release back, all services as one unit. A rollback is itself a release: locked, tested, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studyctl.domain.release.checks import references_of, require_references
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.rollback import RollbackPlan, plan_rollback
from studyctl.usecases.carry_out import Actor, carry_out, settle
from studyctl.usecases.release import Origin, see_all
from studyctl.usecases.release_steps import FORCED_MIGRATIONS, Work
from studyctl.usecases.release_stop import being_recorded


@dataclass(frozen=True)
class RollbackRequest:
    """What was asked for. `to` is the number of a proven entry; None: the newest proven one that does not serve."""

    to: int | None = None
    reason: str = ""
    dry_run: bool = False
    force_migrations: bool = False
    question: str = ""
    """What is asked before anything changes; empty: nobody is asked."""


@dataclass(frozen=True)
class RollbackOutcome:
    """What was planned and done; no entry after a dry run."""

    plan: RollbackPlan
    entry: LedgerEntry | None = None


def rollback(request: RollbackRequest, work: Work, origin: Origin, actor: Actor) -> RollbackOutcome:
    """Go back. A release that is being carried out is stopped first.

    Raises:
        Locked: another rollback is under way, or a release does not stop.
        Refused: no earlier release was proven, or a migration is in the way.
        PreflightFailed: what the target needs is gone.
        RollbackFailed: it was begun and what it put back does not serve.
        Interrupted, Terminated: the command was stopped; it says what is known.
    """
    entries = work.ports.ledger.entries()
    plan = _plan(request, work, origin, entries)
    work.ports.narrator.going_back(plan)
    if request.dry_run:
        return RollbackOutcome(plan)
    plan.enforce(force_migrations=request.force_migrations)
    if request.question:
        work.ports.narrator.confirm(request.question.format(number=plan.target.number))
    work.ports.holding.stop_others()
    if (entries_now := work.ports.ledger.entries()) != entries:
        plan = _plan(request, work, origin, entries_now)  # what was stopped may have come to its end meanwhile
        plan.enforce(force_migrations=request.force_migrations)
    with being_recorded(work.environment, "rollback", why="It changed no service; what was under way is stopped."):
        _end_what_is_left(work, plan, actor)
        entry = work.ports.ledger.add(_entry(request, work, plan, origin, actor))
    ended = settle(work, carry_out(work, entry), actor)
    return RollbackOutcome(plan, ended)


def _plan(request: RollbackRequest, work: Work, origin: Origin, entries: Sequence[LedgerEntry]) -> RollbackPlan:
    """The plan, with everything that its target needs found to be there.

    Raises:
        PreflightFailed: an image, a role or a secret of the target is gone.
    """
    target = plan_rollback(entries, work.place, to=request.to).target
    seen = see_all(work)
    services = [key for key in target.release.services if key in seen]
    found = work.ports.references.look(references_of(target.release, services, seen))
    require_references(found, work.environment)
    return plan_rollback(
        entries,
        work.place,
        to=target.number,
        secret_versions={each.reference.identifier: each.version for each in found if each.version},
        state_serial=origin.state_serial,
    )


def _end_what_is_left(work: Work, plan: RollbackPlan, actor: Actor) -> None:
    """Say in the ledger that what was under way is over, whoever carried it out and whether they still live."""
    left = plan.stops
    if left is not None and left.status is Status.UNDERWAY:
        text = f"stopped by {actor.name} to go back to release {plan.target.number}"
        work.ports.ledger.save(left.ended(Status.STOPPED, work.ports.clock.now(), text, text))


def _entry(request: RollbackRequest, work: Work, plan: RollbackPlan, origin: Origin, actor: Actor) -> LedgerEntry:
    return LedgerEntry(
        environment=work.environment,
        operation=Operation.ROLLBACK,
        run_id=actor.run_id,
        actor=actor.name,
        started_at=work.ports.clock.now(),
        release=plan.target.release,
        plan=plan.steps,
        reason=request.reason,
        restores=plan.target.origin,
        overrides=(FORCED_MIGRATIONS,) if request.force_migrations else (),
        state_serial=origin.state_serial,
        state_version_id=origin.state_version_id,
        toolkit_version=actor.toolkit_version,
    )
