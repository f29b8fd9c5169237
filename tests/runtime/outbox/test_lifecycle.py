from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyruntime.outbox.lifecycle import (
    MAX_ERROR_CHARACTERS,
    PUBLISHED,
    Outcome,
    Result,
    RetryPolicy,
    Settlement,
    Status,
    settle,
)

policies = st.builds(
    RetryPolicy,
    max_retries=st.integers(0, 20),
    delay_seconds=st.floats(0.01, 100),
    max_delay_seconds=st.floats(100, 3600),
)
REFUSED = Outcome(Result.REFUSED, "no such channel")
UNREACHED = Outcome(Result.UNREACHED, "connection refused")


@given(policies, st.lists(st.sampled_from([REFUSED, UNREACHED]), max_size=60))
def test_an_event_dies_by_its_own_refusals_only(policy: RetryPolicy, outcomes: list[Outcome]) -> None:
    attempts, refusals, status = 0, 0, Status.PENDING
    for outcome in outcomes:
        if status is Status.DEAD:
            break
        settlement = settle(attempts, outcome, policy)
        refusals += outcome is REFUSED
        attempts, status = settlement.attempts, settlement.status

        assert attempts == refusals
        assert (status is Status.DEAD) == (refusals == policy.max_retries + 1)
        assert status in {Status.DEAD, Status.FAILED if refusals else Status.PENDING}
        assert settlement.error == outcome.detail


@given(policies, st.integers(0, 200))
def test_what_is_published_is_completed_however_often_it_failed(policy: RetryPolicy, attempts: int) -> None:
    assert settle(attempts, PUBLISHED, policy) == Settlement(Status.COMPLETED, attempts)


@given(policies, st.integers(1, 10_000))
def test_waits_grow_twofold_up_to_a_bound(policy: RetryPolicy, attempts: int) -> None:
    wait, next_wait = policy.delay_before_attempt(attempts), policy.delay_before_attempt(attempts + 1)

    assert policy.delay_before_attempt(1) == policy.delay_seconds
    assert next_wait == min(2 * wait, policy.max_delay_seconds)
    assert wait <= policy.max_delay_seconds


def test_an_outage_costs_no_waiting_afterwards() -> None:
    assert settle(1, UNREACHED, RetryPolicy(5, 100.0)).wait_seconds == 0.0


def test_a_long_reason_is_cut() -> None:
    told = settle(0, Outcome(Result.REFUSED, "x" * 5000), RetryPolicy(5, 1.0))

    assert told.error == "x" * MAX_ERROR_CHARACTERS


def test_only_completed_and_dead_are_finished() -> None:
    assert {status for status in Status if status.is_finished} == {Status.COMPLETED, Status.DEAD}
