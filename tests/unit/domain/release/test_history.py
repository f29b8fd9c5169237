from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.releases.entries import PLACE, entry

from studyctl.domain.release.history import (
    awaits_return,
    base_of,
    last_proven,
    line_of,
    rollback_window,
    superseded,
    unfinished,
)
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.migrations import Migration, MigrationKind
from studyctl.domain.release.rollback import NothingToGoBackTo, plan_rollback
from studyctl.domain.release.steps import StepKind
from studyctl.errors import Refused, UsageError

GOES_BACK = st.booleans()


def numbers(entries: tuple[LedgerEntry, ...]) -> list[int]:
    return [each.number for each in entries]


def test_f100_after_two_bad_releases_the_last_proven_one_counts() -> None:
    history = [entry(1), entry(2), entry(3, Status.FAILED), entry(4, Status.FAILED)]
    proven = last_proven(history)
    assert proven is not None
    assert proven.number == 2
    assert plan_rollback(history, PLACE).target.number == 2


def test_going_back_twice_goes_back_two_releases() -> None:
    history = [entry(1), entry(2), entry(3)]
    assert plan_rollback(history, PLACE).target.number == 2
    history.append(entry(4, restores=2))
    assert numbers(line_of(history)) == [1, 4]
    assert plan_rollback(history, PLACE).target.number == 1


def test_what_was_rolled_back_from_is_not_gone_back_to_by_a_later_release() -> None:
    history = [entry(1), entry(2), entry(3), entry(4, restores=2), entry(5)]
    plan = plan_rollback(history, PLACE)
    assert (plan.target.number, plan.passed_over) == (4, (5,))


def test_a_return_changes_nothing_about_what_counts() -> None:
    history = [entry(1), entry(2), entry(3, Status.FAILED), entry(4, operation=Operation.RETURN, restores=2)]
    assert numbers(line_of(history)) == [1, 4]
    assert plan_rollback(history, PLACE).target.number == 1


def test_the_same_content_under_another_number_is_not_a_way_back() -> None:
    history = [entry(1, image="a"), entry(2, image="b"), entry(3, image="b")]
    assert plan_rollback(history, PLACE).target.number == 1


def test_what_is_on_its_way_goes_back_to_what_served_before() -> None:
    plan = plan_rollback([entry(1), entry(2), entry(3, Status.UNDERWAY)], PLACE)
    assert plan.target.number == 2
    assert plan.stops is not None
    assert plan.stops.number == 3


def test_without_anything_proven_there_is_no_way_back() -> None:
    for history in ([], [entry(1, Status.FAILED)], [entry(1)]):
        with pytest.raises(NothingToGoBackTo):
            plan_rollback(history, PLACE)


def test_an_asked_release_must_have_been_proven() -> None:
    history = [entry(1), entry(2, Status.FAILED), entry(3)]
    assert plan_rollback(history, PLACE, to=1).target.number == 1
    with pytest.raises(Refused, match="never proven"):
        plan_rollback(history, PLACE, to=2)
    with pytest.raises(UsageError, match="no release 9"):
        plan_rollback(history, PLACE, to=9)


def test_f102_a_contract_since_then_is_in_the_way_and_the_reason_is_told() -> None:
    contract = Migration(id="0007", kind=MigrationKind.CONTRACT, min_app_version="2")
    plan = plan_rollback([entry(1), entry(2, migrations=(contract,))], PLACE)
    with pytest.raises(Refused, match="release 1 cannot work") as refused:
        plan.enforce(force_migrations=False)
    assert "0007" in refused.value.why
    plan.enforce(force_migrations=True)


def test_what_is_not_undone_is_said() -> None:
    expand = Migration(id="0006", kind=MigrationKind.EXPAND)
    old = entry(1, state_serial=4)
    content = {
        key: each.model_copy(update={"secret_versions": {"password": "v1"}})
        for key, each in old.release.services.items()
    }
    old = old.model_copy(update={"release": old.release.model_copy(update={"services": content})})
    history = [old, entry(2, migrations=(expand,))]
    told = plan_rollback(history, PLACE, secret_versions={"password": "v2"}, state_serial=9).not_undone
    assert [any(word in line for line in told) for word in ("data", "0006", "password", "serial 9")] == [True] * 4


def test_all_services_go_back_as_one_unit_in_reverse_order() -> None:
    steps = plan_rollback([entry(1), entry(2)], PLACE).steps
    assert [(step.kind, step.services) for step in steps if step.kind is StepKind.UPDATE] == [
        (StepKind.UPDATE, ("api", "document"))
    ]
    assert tuple(PLACE.services) == ("document", "api")
    assert steps[-1].kind is StepKind.SMOKE


def test_only_the_newest_can_be_unfinished_and_older_ones_are_superseded() -> None:
    history = [entry(1), entry(2, Status.UNDERWAY, position=2), entry(3, Status.UNDERWAY)]
    left = unfinished(history)
    assert left is not None
    assert left.number == 3
    assert numbers(superseded(history)) == [2]
    base = base_of(history[:2])
    assert base is not None
    assert base.number == 2, "what bakes serves, and the next release builds on it"


def test_only_what_touched_something_is_answered_and_a_way_back_never_is() -> None:
    assert awaits_return([entry(1), entry(2, Status.FAILED)]) is not None
    assert awaits_return([entry(1), entry(2, Status.FAILED, position=0)]) is None
    assert awaits_return([entry(1), entry(2, Status.FAILED), entry(3, Status.FAILED, restores=1)]) is None


@st.composite
def histories(draw: st.DrawFn) -> list[LedgerEntry]:
    """Any ledger that commands could write."""
    history: list[LedgerEntry] = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        line = line_of(history)
        wants_back: bool = draw(GOES_BACK)
        if line and wants_back:
            target = draw(st.sampled_from(line))
            status = draw(st.sampled_from([Status.PROVEN, Status.FAILED]))
            history.append(entry(number, status, restores=target.origin))
        else:
            history.append(entry(number, draw(st.sampled_from([Status.PROVEN, Status.FAILED, Status.STOPPED]))))
    return history


@given(histories())
def test_the_line_is_proven_in_order_and_names_each_content_once(history: list[LedgerEntry]) -> None:
    line = line_of(history)
    assert all(each.is_proven for each in line)
    assert numbers(line) == sorted(numbers(line))
    origins = [each.origin for each in line]
    assert origins == sorted(set(origins)), "what was gone back behind never comes back"
    proven = [each for each in history if each.is_proven]
    assert (last_proven(history) is None) == (not proven)
    if proven:
        assert line[-1] == max(proven, key=lambda each: each.number)
        assert rollback_window(history)[0].number == line[-1].number


@given(histories())
def test_a_way_back_is_always_to_something_proven_that_does_something_else(history: list[LedgerEntry]) -> None:
    try:
        plan = plan_rollback(history, PLACE)
    except NothingToGoBackTo:
        return
    assert plan.target.is_proven
    newest, proven = history[-1], last_proven(history)
    assert proven is not None
    assert plan.target == proven or not plan.target.release.is_same_as(proven.release)
    assert proven in (plan.target, newest)
