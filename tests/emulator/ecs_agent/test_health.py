"""Health of targets and containers: which checks make which state, in which words."""

from __future__ import annotations

import pytest

from studyctl.adapters.emulator.ecs_agent.container_health import ContainerHealth, after_command, combined
from studyctl.adapters.emulator.ecs_agent.pace import LONGEST_START_SECONDS, Pace, pace_of
from studyctl.adapters.emulator.ecs_agent.rollout import Health
from studyctl.adapters.emulator.ecs_agent.target_health import TargetHealth, after_look, draining, health_of_task
from studyctl.adapters.local.load_balancer import health as balancer
from studyctl.adapters.local.load_balancer.health import Standing
from studyctl.errors import UsageError

AS_ON_AWS = Pace(1.0)
GRACE_SECONDS = 60
GOOD = Standing(balancer.Health.HEALTHY, reason="", detail="")
WRONG = Standing(balancer.Health.UNHEALTHY, reason="Target.ResponseCodeMismatch", detail="... [500]")
SILENT = Standing(balancer.Health.UNHEALTHY, reason="Target.FailedHealthChecks", detail="refused")


def seen(*standings: Standing | None, pace: Pace = AS_ON_AWS) -> TargetHealth:
    """A target that was looked at once a second."""
    health = TargetHealth(registered_seconds=0.0)
    for second, standing in enumerate(standings):
        health = after_look(health, standing, pace=pace, now_seconds=float(second))
    return health


def test_a_target_is_what_the_balancer_says() -> None:
    assert seen().state == seen(None).state == "initial"
    assert seen(Standing()).reason == "Elb.InitialHealthChecking"
    assert seen(None, GOOD).is_healthy
    assert (seen(GOOD, WRONG).state, seen(GOOD, WRONG).description) == ("unhealthy", "... [500]")
    assert draining(seen(GOOD)).reason == "Target.DeregistrationInProgress"
    assert not draining(seen(GOOD)).is_healthy


def task(*targets: TargetHealth, at: float, pace: Pace = AS_ON_AWS) -> Health:
    return health_of_task(targets, grace_seconds=GRACE_SECONDS, pace=pace, now_seconds=at)


def test_a_task_is_as_good_as_all_of_its_targets() -> None:
    assert task(seen(GOOD), seen(GOOD), at=1) is Health.HEALTHY
    assert task(seen(GOOD), seen(), at=1) is Health.UNKNOWN
    assert task(seen(GOOD), seen(WRONG), at=100) is Health.UNHEALTHY
    assert task(at=1) is Health.HEALTHY


def test_bad_checks_are_ignored_in_the_grace_period() -> None:
    assert task(seen(WRONG), at=59) is Health.UNKNOWN
    assert task(seen(WRONG), at=60) is Health.UNHEALTHY


def test_who_does_not_answer_yet_gets_the_time_that_programs_need() -> None:
    silent, wrong = seen(SILENT), seen(WRONG)

    assert task(wrong, at=3, pace=Pace()) is Health.UNHEALTHY
    assert task(silent, at=GRACE_SECONDS - 1, pace=Pace()) is Health.UNKNOWN
    assert task(silent, at=GRACE_SECONDS, pace=Pace()) is Health.UNHEALTHY


def test_quick_checks_do_not_call_a_program_bad_that_has_not_started_yet() -> None:
    patience = int(LONGEST_START_SECONDS)
    assert seen(*[SILENT] * patience, pace=Pace()).state == "initial"
    assert seen(*[SILENT] * (patience + 1), pace=Pace()).state == "unhealthy"
    assert seen(SILENT, GOOD, SILENT, pace=Pace()).state == "unhealthy"
    assert seen(SILENT, WRONG, pace=Pace()).state == "unhealthy"


def test_the_grace_of_a_slow_starter_begins_with_its_first_answer() -> None:
    late = seen(*[SILENT] * 20, WRONG)

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
