"""Carry an entry of the ledger out: write down what is done next, do it, and go back when a step comes to nothing.

Where it stood is in the ledger alone, so whoever goes on with it does the same steps and reaches the same end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studyctl.domain.release.history import applied_after, awaits_return, last_proven, unfinished
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.migrations import in_the_way
from studyctl.domain.release.release_lock import LockLost
from studyctl.domain.release.rollback import way_back
from studyctl.domain.release.steps import StepKind
from studyctl.errors import Interrupted, Locked, ReleaseFailed, RollbackFailed, StudyctlError, Terminated
from studyctl.usecases import release_bake, release_beside, release_follow, release_steps
from studyctl.usecases.release_bake import TakenOver
from studyctl.usecases.release_lock import StopAsked
from studyctl.usecases.release_ports import LedgerMoved
from studyctl.usecases.release_steps import FORCED_MIGRATIONS, Perform, StepFailed, Work
from studyctl.usecases.release_stop import resumable, turning_back

PERFORM: Mapping[StepKind, Perform] = {
    StepKind.REGISTER: release_steps.register,
    StepKind.MIGRATE: release_steps.migrate,
    StepKind.UPDATE: release_steps.update,
    StepKind.AWAIT_START: release_follow.await_start,
    StepKind.FOLLOW: release_follow.follow,
    StepKind.START_GREEN: release_beside.start_green,
    StepKind.FOLLOW_GREEN: release_beside.follow_green,
    StepKind.SHIFT: release_beside.shift,
    StepKind.WATCH: release_beside.watch,
    StepKind.RETREAT: release_beside.retreat,
    StepKind.WITHDRAW: release_beside.withdraw,
    StepKind.SMOKE: release_steps.smoke,
    StepKind.BAKE: release_bake.bake,
}


@dataclass(frozen=True)
class Actor:
    """Who carries it out, with what."""

    run_id: str
    name: str
    toolkit_version: str = ""


def carry_out(work: Work, entry: LedgerEntry) -> LedgerEntry:
    """Do the steps that are left; the entry at its end, proven or failed.

    Raises:
        Interrupted, Terminated: the command was stopped; the entry can be resumed.
        ReleaseFailed: somebody asked for a stop, or ended it from elsewhere.
        Locked: somebody else goes on with it.
    """
    try:
        while entry.status is Status.UNDERWAY:
            with resumable(entry):
                entry = _one_step(work, entry)
    except StopAsked as asked:
        ended = entry.ended(Status.STOPPED, work.ports.clock.now(), f"stopped by {asked.by}", str(asked))
        work.ports.ledger.save(ended)
        raise ReleaseFailed(
            f"release {entry.number} was stopped by {asked.by} at step {entry.step}",
            why="Whoever stopped it puts the last proven release back.",
            hint=f"See what serves: studyctl releases {entry.environment}",
        ) from asked
    except TakenOver as over:
        raise _taken_over(work, entry) from over
    return entry


def settle(work: Work, ended: LedgerEntry, actor: Actor) -> LedgerEntry:
    """What follows from an entry's end: nothing when it was proven, the way back when it was not.

    Raises:
        ReleaseFailed: it failed and the last proven release serves.
        RollbackFailed: it failed and what serves was not proven.
        Interrupted, Terminated: the command was stopped; what is left can be resumed.
    """
    if ended.is_proven and ended.operation is Operation.RETURN:
        raise _returned(work, ended)
    if ended.is_proven:
        return ended
    if ended.operation.goes_back:
        raise RollbackFailed(
            f"{ended.operation} {ended.number} to release {ended.restores} failed: {ended.problem}",
            why=_what_serves(ended),
            hint=f"Look at the account, then mend by hand or release: studyctl releases show {ended.environment} "
            f"{ended.number}",
        )
    if not ended.has_touched:
        raise ReleaseFailed(
            f"release {ended.number} failed before it changed a service: {ended.problem}",
            why="What served before still serves.",
            hint=f"Mend it and run the command again. All of it: studyctl releases show {ended.environment} "
            f"{ended.number}",
        )
    with turning_back(ended):
        back = _way_back(work, ended, actor)
    return settle(work, carry_out(work, back), actor)


def pending(work: Work) -> LedgerEntry | None:
    """The entry that a dead command left: half done, or failed without its way back."""
    entries = work.ports.ledger.entries()
    return unfinished(entries) or awaits_return(entries)


def resume(work: Work, actor: Actor) -> LedgerEntry | None:
    """Bring what a dead command left to its end; nothing when nothing was left.

    Raises:
        StudyctlError: as the command would have ended.
    """
    entry = pending(work)
    if entry is None:
        return None
    if entry.status is Status.UNDERWAY:
        at = work.ports.clock.now()
        entry = entry.noted(at, f"resumed by {actor.name} at step {entry.step}")
        with resumable(entry):
            work.ports.ledger.save(entry)
            work.ports.narrator.begun(entry, last_proven(work.ports.ledger.entries()))
        entry = carry_out(work, entry)
    return settle(work, entry, actor)


def _one_step(work: Work, entry: LedgerEntry) -> LedgerEntry:
    step = entry.step
    assert step is not None  # noqa: S101 - an entry under way has a step
    work.go_on()
    work.ports.narrator.step(entry, step)
    try:
        done = PERFORM[step.kind](work, entry, step)
    except StepFailed as failed:
        return _failed(work, entry, str(failed))
    except (StopAsked, LockLost, LedgerMoved, Interrupted, Terminated):
        raise
    except StudyctlError as failed:
        return _failed(work, entry, f"{step}: {failed}")
    moved = done.advanced(work.ports.clock.now(), f"{step}: done")
    work.ports.ledger.save(moved)
    return moved


def _failed(work: Work, entry: LedgerEntry, problem: str) -> LedgerEntry:
    # a step may have written the entry itself: what it wrote is kept
    known = work.ports.ledger.reread(entry.number)
    if known.status.is_final:
        raise TakenOver
    ended = known.ended(Status.FAILED, work.ports.clock.now(), f"{entry.step}: failed", problem)
    if ended.operation.goes_back:
        ended = ended.model_copy(update={"found_serving": _serving(work, ended)})
    work.ports.ledger.save(ended)
    return ended


def _way_back(work: Work, failed: LedgerEntry, actor: Actor) -> LedgerEntry:
    """Write down how the last proven release is put back.

    Raises:
        RollbackFailed: there is none, or it cannot work with the database as it is now.
    """
    entries = work.ports.ledger.entries()
    target = last_proven(entries)
    if target is None:
        raise RollbackFailed(
            f"release {failed.number} failed and no release was ever proven: {failed.problem}",
            why=_what_serves(_stranded(work, failed)),
            hint=f"Mend it and release again: studyctl release {failed.environment} --tag TAG",
        )
    crossed = in_the_way(applied_after(entries, target.number), target.version)
    if crossed and FORCED_MIGRATIONS not in failed.overrides:
        raise RollbackFailed(
            f"release {failed.number} failed, and release {target.number} cannot work with the database since "
            f"{crossed[0].id} ({crossed[0].kind}): {failed.problem}",
            why=_what_serves(_stranded(work, failed)),
            hint=f"Go forward: mend it, then studyctl release {failed.environment} --tag TAG",
        )
    work.ports.narrator.turned(failed, target)
    return work.ports.ledger.add(
        LedgerEntry(
            environment=failed.environment,
            operation=Operation.RETURN,
            run_id=actor.run_id,
            actor=actor.name,
            started_at=work.ports.clock.now(),
            release=target.release,
            plan=way_back(work.place, target.release),
            reason=f"release {failed.number} {failed.status}",
            restores=target.origin,
            caused_by=failed.number,
            state_serial=failed.state_serial,
            state_version_id=failed.state_version_id,
            toolkit_version=actor.toolkit_version,
        )
    )


def _stranded(work: Work, failed: LedgerEntry) -> LedgerEntry:
    """Write down that nothing goes back from here and what serves now, so that nobody waits for it any more."""
    noted = failed.noted(
        work.ports.clock.now(), "nothing can be put back", is_stranded=True, found_serving=_serving(work, failed)
    )
    work.ports.ledger.save(noted)
    return noted


def _returned(work: Work, back: LedgerEntry) -> ReleaseFailed:
    """What people are told when a release failed and the way back was proven."""
    assert back.caused_by is not None  # noqa: S101 - a return answers an entry
    failed = work.ports.ledger.reread(back.caused_by)
    return ReleaseFailed(
        f"release {failed.number} {failed.status}: {failed.problem}",
        why=f"Release {back.restores} serves again (entry {back.number}).",
        hint=f"All of it: studyctl releases show {failed.environment} {failed.number}",
    )


def _taken_over(work: Work, entry: LedgerEntry) -> StudyctlError:
    now = work.ports.ledger.reread(entry.number)
    if now.status is Status.STOPPED:
        return ReleaseFailed(
            f"release {entry.number} was stopped while it baked: {now.problem}",
            hint=f"See what serves: studyctl releases {entry.environment}",
        )
    return Locked(
        f"a newer release took over while release {entry.number} baked",
        why="It serves with what the newer one changed, and that one bakes now, from the beginning.",
        hint=f"See: studyctl releases {entry.environment}",
    )


def _serving(work: Work, entry: LedgerEntry) -> dict[str, str]:
    """What each service runs, as far as it can be asked."""
    contents = entry.release.services
    try:
        seen = work.ports.services.see([content.service for content in contents.values()])
    except StudyctlError:
        return {}
    primaries = {key: seen[each.service].primary for key, each in contents.items() if each.service in seen}
    return {key: primary.definition_arn for key, primary in primaries.items() if primary is not None}


def _what_serves(entry: LedgerEntry) -> str:
    if not entry.found_serving:
        return "What serves could not be asked."
    lines = [f"{key} runs {arn.rpartition('/')[2]}" for key, arn in entry.found_serving.items()]
    return "What serves was not proven: " + ", ".join(lines) + "."
