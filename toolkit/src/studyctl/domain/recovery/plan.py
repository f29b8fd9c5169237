"""What to do about runs that nobody can vouch for: decided here, from what they left, before anything is touched."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studyctl.domain.guard import Finding, Verdict
from studyctl.domain.import_ids import MADE_AGAIN, is_identity_enough, type_of
from studyctl.domain.lock import HeldLock, StateLocked
from studyctl.domain.plan import PlanSummary
from studyctl.domain.recovery.trace import LostRun, Span, Trace, merge
from studyctl.domain.state import StateSnapshot, UnsavedState
from studyctl.errors import OutcomeUnknown, UsageError


class LockStep(enum.Enum):
    """What becomes of the state lock."""

    NONE = "there is no lock"
    RELEASE = "release the lock that a lost run left"
    DELETE = "delete a lock file that nobody can read"
    FOREIGN = "the lock is somebody else's"


class StateStep(enum.Enum):
    """What becomes of a state that terraform could not store."""

    NONE = "the stored state is the newest"
    PUSH = "store the state that terraform could not store"
    STORED = "the state that terraform could not store is stored by now"
    CONFLICT = "the state that terraform could not store does not follow the stored one"


@dataclass(frozen=True, slots=True)
class Adoption:
    """Something real that the state does not name. `replaces` is an identity the state has that is gone for certain."""

    address: str
    resource_id: str
    replaces: str = ""


@dataclass(frozen=True)
class RecoveryPlan:
    """Everything that a recovery would do, in the order in which it would do it."""

    environment: str
    lost: tuple[LostRun, ...] = ()
    lock_step: LockStep = LockStep.NONE
    lock: HeldLock | None = None
    state_step: StateStep = StateStep.NONE
    unsaved: UnsavedState | None = None
    stored: StateSnapshot | None = None
    untaint: tuple[str, ...] = ()
    adopt: tuple[Adoption, ...] = ()
    search: tuple[str, ...] = ()
    """Begun and of unknown end, not in the state: looked for by the name they were to have."""
    made_again: tuple[str, ...] = ()
    """Made, not in the state and not to be imported; the next deploy makes them again, which doubles nothing."""
    contested: tuple[Adoption, ...] = ()
    """A new one was made and the old one, which the state names, may be there still: a person must decide."""
    tainted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """What would have been adopted, was it not told to be left alone."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to recover from."""
        return not (self.lost or self.untaint or self.changes_lock or self.lock_step is LockStep.FOREIGN)

    @property
    def changes_lock(self) -> bool:
        """Whether a lock goes."""
        return self.lock_step in (LockStep.RELEASE, LockStep.DELETE)

    @property
    def superseded(self) -> tuple[str, ...]:
        """What the state names by an identity that is gone; it is forgotten before the new one is adopted."""
        return tuple(one.address for one in self.adopt if one.replaces)

    @property
    def was_destroying(self) -> bool:
        """Whether what was lost was only taking things away."""
        traces = [run.trace for run in self.lost]
        is_making = any(trace.created or trace.begun for trace in traces)
        return not is_making and any(trace.deleted for trace in traces)

    def require_possible(self) -> None:
        """Stop where a recovery would take something from somebody or guess.

        Raises:
            StateLocked: somebody else holds the lock.
            OutcomeUnknown: two states, or two real things, claim the same place.
        """
        if self.lock_step is LockStep.FOREIGN and self.lock is not None:
            raise StateLocked(
                f"{self.environment} is locked by {self.lock.info}",
                why="No run of this checkout took that lock, so it is not released here.",
                hint=f"Wait until it is done, or ask who holds it, then run again: studyctl recover {self.environment}",
                lock=self.lock.info,
            )
        if self.state_step is StateStep.CONFLICT and self.unsaved is not None and self.stored is not None:
            raise OutcomeUnknown(
                f"the state that terraform could not store has serial {self.unsaved.state.serial}, the stored one of "
                f"{self.environment} has serial {self.stored.serial}",
                why=f"{_why_conflict(self.unsaved.state, self.stored)}\nIt is kept in {self.unsaved.path}.",
                hint="Compare the two (terraform state pull prints the stored one). When the stored one is right, "
                f"remove that file, then run: studyctl recover {self.environment}",
            )
        if self.contested:
            raise OutcomeUnknown(
                f"{len(self.contested)} resources of {self.environment} may exist twice",
                why="\n".join(
                    f"{one.address}: {one.resource_id} was made, and the state names {one.replaces}"
                    for one in self.contested
                ),
                hint="Remove the one that is not wanted in the account, or take its address out with --leave, "
                f"then run: studyctl recover {self.environment}",
            )


def plan_recovery(
    environment: str,
    lost: Sequence[LostRun],
    *,
    lock: HeldLock | None,
    holder: str,
    spans: Sequence[Span],
    stored: StateSnapshot | None,
    unsaved: Sequence[UnsavedState],
    untaint: Sequence[str] = (),
    untaint_all: bool = False,
    leave: Sequence[str] = (),
) -> RecoveryPlan:
    """Decide. `holder` is `user@host` as terraform writes it; `spans` are of runs of this checkout that are over.

    Raises:
        UsageError: something is to be untainted that is not tainted.
    """
    chosen = _choose_unsaved(stored, unsaved)
    state_step = _state_step(stored, chosen)
    state = chosen.state if chosen and state_step is StateStep.PUSH else stored
    tainted = state.tainted if state else ()
    _require_tainted(untaint, tainted, environment)
    kept = tainted if untaint_all else tuple(dict.fromkeys(untaint))
    whole = merge(run.trace for run in lost)
    missing = tuple(_missing(whole, state))
    adoptable = [one for one in missing if type_of(one.address) not in MADE_AGAIN and one.address not in leave]
    begun = sorted(whole.begun - (state.instances.keys() if state else set()))
    return RecoveryPlan(
        environment=environment,
        lost=tuple(lost),
        lock_step=_lock_step(lock, holder, spans),
        lock=lock,
        state_step=state_step,
        unsaved=chosen,
        stored=stored,
        untaint=kept,
        adopt=tuple(one for one in adoptable if not one.replaces or one.address in whole.deleted),
        search=tuple(one for one in begun if one not in leave and type_of(one) not in MADE_AGAIN),
        made_again=tuple(
            sorted({one for one in (*begun, *(one.address for one in missing)) if type_of(one) in MADE_AGAIN})
        ),
        contested=tuple(one for one in adoptable if one.replaces and one.address not in whole.deleted),
        tainted=tuple(address for address in tainted if address not in kept),
        left=tuple(sorted(set(leave) & {*begun, *(one.address for one in missing)})),
    )


def check_adoption(plan: PlanSummary) -> Verdict:
    """Refuse a recovery that would take anything real away: it adopts, adds and changes in place."""
    return Verdict(
        tuple(
            Finding(
                f"{change.address} would be removed or replaced",
                change.address,
                f"A recovery only adopts. {change.reason.capitalize()}".strip(),
                f"If it is whole, repeat with: --untaint '{change.address}'; to leave it to the next deploy: "
                f"--leave '{change.address}'",
            )
            for change in plan.changes
            if change.removes
        )
    )


def _lock_step(lock: HeldLock | None, holder: str, spans: Sequence[Span]) -> LockStep:
    if lock is None:
        return LockStep.NONE
    if not lock.info.is_readable:
        return LockStep.DELETE
    moment = lock.info.created_at
    is_ours = lock.info.who == holder and moment is not None
    operation = lock.info.operation.lower()
    if is_ours and any(span.operation == operation and span.may_have_taken(moment or 0.0) for span in spans):
        return LockStep.RELEASE
    return LockStep.FOREIGN


def _choose_unsaved(stored: StateSnapshot | None, unsaved: Sequence[UnsavedState]) -> UnsavedState | None:
    """The newest one. One that was only found where runs of every environment work counts if its lineage fits."""
    fitting = [one for one in unsaved if one.is_certain or (stored is not None and one.state.lineage == stored.lineage)]
    return max(fitting, key=lambda one: one.state.serial, default=None)


def _state_step(stored: StateSnapshot | None, chosen: UnsavedState | None) -> StateStep:
    if chosen is None:
        return StateStep.NONE
    if stored is None:
        return StateStep.PUSH
    if chosen.state.digest == stored.digest:
        return StateStep.STORED
    if chosen.state.lineage == stored.lineage and chosen.state.serial > stored.serial:
        return StateStep.PUSH
    return StateStep.CONFLICT


def _why_conflict(unsaved: StateSnapshot, stored: StateSnapshot) -> str:
    if unsaved.lineage != stored.lineage:
        return f"Their lineages differ ({unsaved.lineage} and {stored.lineage}): they are not of one environment."
    return "The stored one was written since, so storing the other would undo that."


def _missing(whole: Trace, state: StateSnapshot | None) -> Iterator[Adoption]:
    instances = state.instances if state else {}
    for address, identity in sorted(whole.created.items()):
        known = instances.get(address)
        if known is None:
            yield Adoption(address, identity)
        elif known.resource_id and known.resource_id != identity and is_identity_enough(type_of(address)):
            yield Adoption(address, identity, replaces=known.resource_id)


def _require_tainted(untaint: Sequence[str], tainted: Sequence[str], environment: str) -> None:
    wrong = sorted(set(untaint) - set(tainted))
    if wrong:
        raise UsageError(
            f"not tainted: {', '.join(wrong)}",
            why=f"Tainted in {environment}: {', '.join(tainted) or 'nothing'}.",
            hint=f"See what a recovery would do: studyctl recover {environment} --dry-run",
        )
