from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.release.canary import CanaryLimits, Sample, compare, difference_at_least, wilson_interval
from studyctl.domain.release.strategy import Strategy, StrategyKind, judge_beside, tasks_for
from studyctl.domain.release.verdicts import Judgement

LIMITS = CanaryLimits()
REQUESTS = st.integers(0, 100_000)
SECONDS = st.floats(0.001, 60)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    requests = draw(REQUESTS)
    return Sample(requests, draw(st.integers(0, requests)), draw(st.none() | SECONDS))


@given(samples(), samples(), st.integers(1, 1000))
def test_more_errors_never_make_a_canary_look_better(canary: Sample, control: Sample, more: int) -> None:
    worse = Sample(canary.requests, min(canary.requests, canary.errors + more), canary.p95_seconds)
    before, after = compare(canary, control, LIMITS), compare(worse, control, LIMITS)
    assert after.judgement.badness >= before.judgement.badness


@given(samples(), samples(), st.floats(0.001, 10))
def test_a_slower_canary_never_looks_better(canary: Sample, control: Sample, more: float) -> None:
    if canary.p95_seconds is None:
        return
    slower = Sample(canary.requests, canary.errors, canary.p95_seconds + more)
    before, after = compare(canary, control, LIMITS), compare(slower, control, LIMITS)
    assert after.judgement.badness >= before.judgement.badness


@given(samples())
def test_what_equals_its_control_never_fails(sample: Sample) -> None:
    if sample.requests >= LIMITS.min_requests:
        assert not compare(sample, sample, LIMITS).has_failed


@given(samples(), samples())
def test_too_few_requests_never_pass(canary: Sample, control: Sample) -> None:
    verdict = compare(canary, control, LIMITS)
    if canary.requests < LIMITS.min_requests or canary.p95_seconds is None:
        assert not verdict.has_passed


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_the_interval_holds_the_share_and_stays_between_nothing_and_all(errors: int, requests: int) -> None:
    errors = min(errors, requests)
    low, high = wilson_interval(errors, requests)
    assert 0 <= low <= errors / requests + 1e-12
    assert errors / requests - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("errors", "requests", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_the_published_one(errors: int, requests: int, low: float, high: float) -> None:
    """81 of 263: the example of Newcombe (1998), Interval estimation for the single proportion."""
    assert wilson_interval(errors, requests) == pytest.approx((low, high), abs=5e-5)


def test_the_difference_is_the_published_one() -> None:
    """56/70 against 48/80: method 10 gives 0.0524 as lower limit (Newcombe 1998, table II, case a)."""
    assert difference_at_least(Sample(70, 56), Sample(80, 48)) == pytest.approx(0.0524, abs=5e-5)


@pytest.mark.parametrize(
    ("canary", "control", "expected"),
    [
        (Sample(1000, 0, 0.02), Sample(1000, 0, 0.02), Judgement.PASS),
        (Sample(1000, 5, 0.02), Sample(1000, 0, 0.02), Judgement.PASS),  # half a percent is tolerated
        (Sample(100, 2, 0.02), Sample(1000, 0, 0.02), Judgement.INCONCLUSIVE),  # may be chance
        (Sample(100, 20, 0.02), Sample(1000, 0, 0.02), Judgement.FAIL),
        (Sample(8, 8, 0.02), Sample(1000, 0, 0.02), Judgement.FAIL),  # few, and all of them
        (Sample(1000, 200, 0.02), Sample(1000, 200, 0.02), Judgement.PASS),  # what is broken for both is no news
        (Sample(1000, 0, 0.5), Sample(1000, 0, 0.1), Judgement.FAIL),
        (Sample(1000, 0, 0.04), Sample(1000, 0, 0.01), Judgement.PASS),  # within the grace, however large the factor
        (Sample(1000, 0, 0.5), Sample(), Judgement.PASS),  # nothing to compare with, and no limit
        (Sample(1000, 0, None), Sample(1000, 0, 0.1), Judgement.INCONCLUSIVE),
        (Sample(), Sample(1000, 0, 0.1), Judgement.INCONCLUSIVE),
    ],
)
def test_judgements(canary: Sample, control: Sample, expected: Judgement) -> None:
    assert compare(canary, control, LIMITS).judgement is expected


def test_an_absolute_limit_holds_without_a_control() -> None:
    limits = CanaryLimits(p95_limit_seconds=0.3)
    assert compare(Sample(100, 0, 0.4), Sample(), limits).has_failed


def test_blue_green_may_be_quiet_but_not_broken() -> None:
    blue_green, canary = Strategy(kind=StrategyKind.BLUE_GREEN), Strategy(kind=StrategyKind.CANARY)
    assert judge_beside(Sample(), Sample(), blue_green).has_passed
    assert judge_beside(Sample(10, 10, 0.1), Sample(1000, 0, 0.1), blue_green).has_failed
    assert not judge_beside(Sample(), Sample(), canary).has_passed


@given(st.integers(1, 100), st.integers(1, 100))
def test_a_share_of_the_traffic_never_has_no_task_nor_more_than_all(weight: int, desired: int) -> None:
    assert 1 <= tasks_for(weight, desired) <= desired
    assert tasks_for(100, desired) == desired
