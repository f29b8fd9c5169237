"""Health of targets and containers: which checks make which state, in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.emulator.ecs_agent.container_health import ContainerHealth, after_command, combined
from studyctl.adapters.emulator.ecs_agent.pace import Pace, pace_of
from studyctl.adapters.emulator.ecs_agent.rollout import Health
from studyctl.adapters.emulator.ecs_agent.target_health import (
    CheckPolicy,
    Problem,
    TargetHealth,
    TargetState,
    after_check,
    draining,
    health_of_task,
)
from studyctl.errors import UsageError

POLICY = CheckPolicy(healthy_threshold=3, unhealthy_threshold=2, matcher="200,300-303")
AS_ON_AWS = Pace(1.0)
outcomes = st.sampled_from([200, 301, 404, 500, Problem.TIMEOUT, Problem.NO_ANSWER])


def checked(*results: int | Problem) -> TargetHealth:
    health = TargetHealth(registered_seconds=0.0)
    for second, result in enumerate(results):
        health = after_check(health, result, POLICY, now_seconds=float(second))
    return health


def test_the_first_pass_makes_a_new_target_healthy() -> None:
    assert checked().state is TargetState.INITIAL
    assert checked(Problem.NO_ANSWER, 200).state is TargetState.HEALTHY
    assert checked(302).state is TargetState.HEALTHY
    assert checked(304).state is TargetState.INITIAL


def test_afterwards_the_thresholds_count() -> None:
    assert checked(200, 500).state is TargetState.HEALTHY
    assert checked(200, 500, 500).state is TargetState.UNHEALTHY
    assert checked(200, 500, 500, 200, 200).state is TargetState.UNHEALTHY
    assert checked(200, 500, 500, 200, 200, 200).state is TargetState.HEALTHY


@pytest.mark.parametrize(
    ("result", "reason", "description"),
    [
        (500, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        (Problem.TIMEOUT, "Target.Timeout", "Request timed out"),
        (Problem.NO_ANSWER, "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_a_bad_target_says_why(result: int | Problem, reason: str, description: str) -> None:
    bad = checked(result, result)

    assert (bad.state, bad.reason, bad.description) == (TargetState.UNHEALTHY, reason, description)
    assert checked(200, result, result, 200, 200, 200).reason == ""
    assert draining(bad).reason == "Target.DeregistrationInProgress"


@given(st.lists(outcomes, max_size=30))
def test_enough_equal_results_always_decide(results: list[int | Problem]) -> None:
    assert checked(*results, *[200] * POLICY.healthy_threshold).state is TargetState.HEALTHY
    assert checked(*results, *[500] * POLICY.unhealthy_threshold).state is TargetState.UNHEALTHY


def task(*targets: TargetHealth, at: float, pace: Pace = AS_ON_AWS) -> Health:
    return health_of_task(targets, grace_seconds=60, pace=pace, now_seconds=at)


def test_a_task_is_as_good_as_all_of_its_targets() -> None:
    assert task(checked(200), checked(200), at=1) is Health.HEALTHY
    assert task(checked(200), checked(), at=1) is Health.UNKNOWN
    assert task(checked(200), checked(500, 500), at=100) is Health.UNHEALTHY
    assert task(at=1) is Health.HEALTHY


def test_bad_checks_are_ignored_in_the_grace_period() -> None:
    assert task(checked(500, 500), at=59) is Health.UNKNOWN
    assert task(checked(500, 500), at=60) is Health.UNHEALTHY


def test_who_does_not_answer_yet_gets_the_time_that_programs_need() -> None:
    silent, wrong = checked(Problem.NO_ANSWER, Problem.NO_ANSWER), checked(500, 500)

    assert task(wrong, at=3, pace=Pace()) is Health.UNHEALTHY
    assert task(silent, at=29, pace=Pace()) is Health.UNKNOWN
    assert task(silent, at=30, pace=Pace()) is Health.UNHEALTHY


def test_the_grace_of_a_slow_starter_begins_with_its_first_answer() -> None:
    late = checked(*[Problem.NO_ANSWER] * 20, 503)

    assert task(late, at=21, pace=Pace()) is Health.UNKNOWN
    assert task(late, at=22, pace=Pace()) is Health.UNHEALTHY


def command(state: ContainerHealth, *, succeeded: bool, at: float) -> ContainerHealth:
    return after_command(state, succeeded=succeeded, retries=2, start_seconds=10, now_seconds=at)


def test_failures_of_a_container_that_starts_do_not_count() -> None:
    state = ContainerHealth(started_seconds=0)
    for second in range(10):
        state = command(state, succeeded=False, at=second)
    assert (state.health, state.failures) == (Health.UNKNOWN, 0)
    state = command(command(state, succeeded=False, at=10), succeeded=False, at=11)

    assert state.health is Health.UNHEALTHY
    assert command(state, succeeded=True, at=12).health is Health.HEALTHY


def test_one_success_ends_the_start() -> None:
    state = command(ContainerHealth(0), succeeded=True, at=1)
    state = command(state, succeeded=False, at=2)
    assert state.health is Health.HEALTHY

    assert command(state, succeeded=False, at=3).health is Health.UNHEALTHY


def test_checks_together() -> None:
    good, bad, open_ = Health.HEALTHY, Health.UNHEALTHY, Health.UNKNOWN

    assert combined(good, good) is good
    assert combined(good, open_) is open_
    assert combined(open_, bad) is bad


def test_the_pace_is_as_asked_for() -> None:
    assert pace_of({}).wait_seconds(60) == 2.0
    assert pace_of({}).metric_seconds(60) == 1.0
    real = pace_of({"STUDYCTL_EMULATOR_SPEED": "1"})
    waits = (real.wait_seconds(30), real.check_seconds(15), real.command_check_seconds(15), real.start_seconds(60))
    assert (*waits, real.metric_seconds(60)) == (30, 15, 15, 60, 60)


@pytest.mark.parametrize("text", ["fast", "0", "-1", "1001", "nan"])
def test_a_pace_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="STUDYCTL_EMULATOR_SPEED"):
        pace_of({"STUDYCTL_EMULATOR_SPEED": text})
