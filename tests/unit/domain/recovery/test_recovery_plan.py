"""What a recovery decides about lock, state and orphans, from any wreck that a run can leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.recovery.wrecks import NOON, addresses, identities, state, traces

from studyctl.domain.import_ids import MADE_AGAIN, type_of
from studyctl.domain.lock import HeldLock, LockInfo, StateLocked
from studyctl.domain.plan import Change, ChangeAction, PlanSummary
from studyctl.domain.recovery import (
    LockStep,
    LostRun,
    RecoveryPlan,
    Span,
    StateStep,
    Trace,
    check_adoption,
    merge,
    plan_recovery,
)
from studyctl.domain.state import Instance, StateSnapshot, UnsavedState
from studyctl.errors import OutcomeUnknown, UsageError

HOLDER = "ci@runner-7"
states = st.none() | st.dictionaries(addresses, identities).map(state)


def decide(
    lost: Sequence[Trace] = (),
    *,
    lock: HeldLock | None = None,
    spans: Sequence[Span] = (),
    stored: StateSnapshot | None = None,
    unsaved: Sequence[UnsavedState] = (),
    untaint: Sequence[str] = (),
    untaint_all: bool = False,
    leave: Sequence[str] = (),
) -> RecoveryPlan:
    return plan_recovery(
        "dev",
        [LostRun(f"run-{number}", "lost", trace) for number, trace in enumerate(lost)],
        lock=lock,
        holder=HOLDER,
        spans=spans,
        stored=stored,
        unsaved=unsaved,
        untaint=untaint,
        untaint_all=untaint_all,
        leave=leave,
    )


def held(*, who: str = HOLDER, at: str = "2026-11-22T12:00:00.123456789Z", operation: str = "Apply") -> HeldLock:
    return HeldLock(LockInfo("5a1f", operation=operation, who=who, created=at), "etag", NOON)


# what is adopted


@given(st.lists(traces, max_size=3), states, st.frozensets(addresses))
def test_every_orphan_has_exactly_one_fate(
    lost: list[Trace], stored: StateSnapshot | None, leave: frozenset[str]
) -> None:
    plan = decide(lost, stored=stored, leave=sorted(leave))
    whole = merge(lost)
    known = stored.instances if stored else {}
    orphans = {
        address
        for address, identity in whole.created.items()
        if address not in known or known[address].resource_id != identity
    }
    doubtful = whole.begun - known.keys()
    adopted = {one.address for one in plan.adopt}
    contested = {one.address for one in plan.contested}
    fates = [adopted, contested, set(plan.search), set(plan.made_again), set(plan.left) - set(plan.made_again)]
    assert set().union(*fates) == orphans | doubtful
    assert sum(map(len, fates)) == len(orphans | doubtful)
    assert adopted | contested <= orphans
    assert not leave & (adopted | contested | set(plan.search))
    assert all(type_of(address) not in MADE_AGAIN for address in adopted | contested | set(plan.search))


@given(st.lists(traces, max_size=3), states)
def test_what_was_adopted_is_not_adopted_again(lost: list[Trace], stored: StateSnapshot | None) -> None:
    first = decide(lost, stored=stored)
    known = {one.address: one.resource_id for one in (stored.instances.values() if stored else ())}
    after = state(known | {one.address: one.resource_id for one in first.adopt}, serial=2)
    assert decide(lost, stored=after).adopt == ()


def test_a_replacement_whose_old_one_may_be_there_is_for_a_person() -> None:
    made = {"aws_vpc.main": "vpc-new"}
    stored = state({"aws_vpc.main": "vpc-old"})
    plan = decide([Trace(made)], stored=stored)
    assert (plan.adopt, [one.replaces for one in plan.contested]) == ((), ["vpc-old"])
    with pytest.raises(OutcomeUnknown, match="twice"):
        plan.require_possible()
    gone = decide([Trace(made, deleted=frozenset(made))], stored=stored)
    assert gone.contested == ()
    assert gone.superseded == ("aws_vpc.main",)


def test_an_identity_that_importing_changes_is_no_second_one() -> None:
    made = {"aws_iam_role_policy_attachment.task": "task-20261122"}
    plan = decide(
        [Trace(made)], stored=state({"aws_iam_role_policy_attachment.task": "task-arn:aws:iam::aws:policy/x"})
    )
    assert (plan.adopt, plan.contested) == ((), ())


def test_a_lost_destroy_is_known_as_one() -> None:
    assert decide([Trace(deleted=frozenset({"aws_vpc.main"}))]).was_destroying
    assert not decide([Trace({"aws_vpc.main": "vpc-1"})]).was_destroying
    assert not decide().was_destroying


@given(
    st.lists(
        st.builds(
            Change,
            address=addresses,
            module=st.just(""),
            resource_type=st.just("x"),
            action=st.sampled_from(ChangeAction),
        )
    )
)
def test_adopting_takes_nothing_away(changes: list[Change]) -> None:
    plan = PlanSummary(tuple(changes), (), (), (), (), terraform_version="", digest="")
    assert check_adoption(plan).is_refused is any(change.removes for change in changes)


# the lock


@given(
    st.sampled_from([HOLDER, "ci@runner-8", "", "root@runner-7"]),
    st.integers(-600, 600),
    st.sampled_from(["Apply", "Plan"]),
    st.lists(st.builds(Span, st.sampled_from(["apply", "plan"]), st.just(NOON), st.just(NOON + 60)), max_size=2),
)
def test_only_a_lock_of_this_machine_taken_during_a_run_is_released(
    who: str, offset: int, operation: str, spans: list[Span]
) -> None:
    at = f"2026-11-22T12:{offset // 60:02d}:{offset % 60:02d}Z" if offset >= 0 else "2026-11-22T11:50:00Z"
    plan = decide(lock=held(who=who, at=at, operation=operation), spans=spans)
    is_ours = who == HOLDER and 0 <= offset <= 60 and any(span.operation == operation.lower() for span in spans)
    assert plan.lock_step is (LockStep.RELEASE if is_ours else LockStep.FOREIGN)
    if not is_ours:
        with pytest.raises(StateLocked, match="locked by"):
            plan.require_possible()


def test_a_lock_that_says_nothing_is_deleted_and_none_is_none() -> None:
    unreadable = HeldLock(LockInfo(""), "etag", NOON)
    assert decide(lock=unreadable).lock_step is LockStep.DELETE
    assert decide().lock_step is LockStep.NONE
    assert decide(lock=held(at="yesterday")).lock_step is LockStep.FOREIGN


# the state


@given(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans())
def test_a_state_is_stored_only_over_an_older_one_of_its_lineage(
    kept: int, stored: int, same: bool, is_equal: bool
) -> None:
    there = state(serial=stored, digest="same" if is_equal else "there")
    left = state(serial=kept, lineage="one" if same else "two", digest="same" if is_equal else "left")
    plan = decide(stored=there, unsaved=[UnsavedState(Path("/x/errored.tfstate"), left)])
    expected = StateStep.STORED if is_equal else StateStep.PUSH if same and kept > stored else StateStep.CONFLICT
    assert plan.state_step is expected
    if expected is StateStep.CONFLICT:
        with pytest.raises(OutcomeUnknown, match=f"serial {kept}, the stored one of dev has serial {stored}"):
            plan.require_possible()


def test_orphans_are_those_of_the_state_that_will_be_stored() -> None:
    left = UnsavedState(Path("/x/errored.tfstate"), state({"aws_vpc.main": "vpc-1"}, serial=3))
    lost = [Trace({"aws_vpc.main": "vpc-1", "aws_iam_role.task": "task"})]
    for stored in (None, state(serial=2)):
        plan = decide(lost, stored=stored, unsaved=[left])
        assert plan.state_step is StateStep.PUSH
        assert [one.address for one in plan.adopt] == ["aws_iam_role.task"]


def test_a_state_found_where_others_run_too_counts_only_when_its_lineage_fits() -> None:
    found = UnsavedState(Path("/x/errored.tfstate"), state(serial=3), is_certain=False)
    assert decide(unsaved=[found]).state_step is StateStep.NONE
    assert decide(stored=state(lineage="two"), unsaved=[found]).state_step is StateStep.NONE
    assert decide(stored=state(), unsaved=[found]).state_step is StateStep.PUSH


def test_only_what_is_tainted_can_be_untainted() -> None:
    tainted = {"aws_vpc.main": Instance("aws_vpc.main", "vpc-1", is_tainted=True)}
    stored = replace(state(), instances=tainted)
    assert decide(stored=stored).tainted == ("aws_vpc.main",)
    plan = decide(stored=stored, untaint=["aws_vpc.main"])
    assert (plan.untaint, plan.tainted) == (("aws_vpc.main",), ())
    assert decide(stored=stored, untaint_all=True) == plan
    assert decide(stored=state(), untaint_all=True).untaint == ()
    with pytest.raises(UsageError, match=r"aws_vpc\.other"):
        decide(stored=stored, untaint=["aws_vpc.other"])
