from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.releases.entries import entry

from studyctl.domain.records import ChangeCounts, DeploymentRecord
from studyctl.domain.release.history import line_of
from studyctl.domain.release.infra_rollback import applied_commit, infrastructure_target
from studyctl.domain.release.ledger import LedgerEntry, Status
from studyctl.domain.release.rollback import NothingToGoBackTo
from studyctl.errors import Refused, UsageError


def record(commit: str, serial: int) -> DeploymentRecord:
    return DeploymentRecord(
        run_id="run",
        environment="dev",
        operation="deploy",
        actor="somebody",
        commit=commit,
        started_at="then",
        finished_at="now",
        plan_sha256=None,
        changes=ChangeCounts(),
        state_serial=serial,
        state_version_id="v",
        verified=True,
        toolkit_version="1",
        terraform_version="1",
    )


def test_infrastructure_that_went_ahead_goes_back_to_the_release_that_serves() -> None:
    entries = [entry(1, commit="a"), entry(2, commit="b")]
    assert infrastructure_target(entries, applied="c").number == 2


def test_infrastructure_of_the_serving_release_goes_back_to_the_one_before() -> None:
    entries = [entry(1, commit="a"), entry(2, commit="b"), entry(3, commit="b")]
    assert infrastructure_target(entries, applied="b").number == 1


def test_what_was_begun_and_not_finished_is_at_no_commit() -> None:
    """An apply that failed half-way raised the serial: the release of the recorded commit is a way back then."""
    assert applied_commit(record("a", 7), 7) == "a"
    assert applied_commit(record("a", 7), 9) is None
    assert applied_commit(None, 9) is None
    assert infrastructure_target([entry(1, commit="a")], applied=None).number == 1


def test_who_asks_for_a_release_gets_that_one_if_it_was_proven() -> None:
    entries = [entry(1, commit="a"), entry(2, Status.FAILED, commit="b")]
    assert infrastructure_target(entries, applied="a", to=1).number == 1
    with pytest.raises(Refused, match="release 2 was never proven"):
        infrastructure_target(entries, applied="a", to=2)
    with pytest.raises(UsageError, match="no release 3"):
        infrastructure_target(entries, applied="a", to=3)


@pytest.mark.parametrize("entries", [[], [entry(1, Status.FAILED, commit="b")], [entry(1, commit="a")]])
def test_without_another_commit_there_is_no_way_back(entries: list[LedgerEntry]) -> None:
    with pytest.raises(NothingToGoBackTo, match=r"no release was ever proven|commit that is applied: a"):
        infrastructure_target(entries, applied="a")


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([Status.PROVEN, Status.FAILED])), max_size=8),
    st.sampled_from(["a", "b", "c", None]),
)
def test_it_is_the_newest_proven_release_of_another_commit(made: list[tuple[str, Status]], applied: str | None) -> None:
    entries = [entry(number, status, commit=commit) for number, (commit, status) in enumerate(made, start=1)]
    others = [each.number for each in line_of(entries) if each.release.commit != applied]
    try:
        found = infrastructure_target(entries, applied=applied).number
    except NothingToGoBackTo:
        assert others == []
    else:
        assert found == max(others)
