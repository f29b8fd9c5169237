"""Deployments as decisions: bounds are kept, the breaker trips at its threshold, good ones end, bad ones go back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emulator.ecs_agent.service_simulation import Fate, Script, Service

from studyctl.adapters.emulator.ecs_agent.breaker import failure_threshold, retry_delay_seconds
from studyctl.adapters.emulator.ecs_agent.deployments import advance, begin
from studyctl.adapters.emulator.ecs_agent.rollout import Failure, Launch, Observation, Policy, Rollout, RolloutState

GOOD = Script(Fate.SERVES, 1)
ENOUGH_TICKS = 400

counts = st.integers(0, 9)
scripts = st.builds(Script, st.sampled_from(Fate), st.integers(0, 3))
good_scripts = st.builds(Script, st.just(Fate.SERVES), st.integers(0, 4))
percents = st.tuples(st.sampled_from([0, 25, 50, 100]), st.sampled_from([100, 125, 150, 200]))


def policy(desired: int, **fields: object) -> Policy:
    return Policy(desired_count=desired, has_breaker=True, breaker_rolls_back=True, **fields)  # type: ignore[arg-type]


def until(service: Service, state: RolloutState, deployment: str) -> int:
    """Ticks until the primary is this deployment in this state."""
    for number in range(ENOUGH_TICKS):
        service.tick()
        if service.rollout.primary.id == deployment and service.rollout.primary.state is state:
            return number
    raise AssertionError(f"{deployment} never became {state}: {service.rollout}")


def running(desired: int, **fields: object) -> Service:
    """A service whose deployment `old` is complete."""
    service = Service(policy(desired, **fields))
    service.deploy("old", GOOD)
    until(service, RolloutState.COMPLETED, "old")
    return service


@given(
    bounds=percents,
    desired=counts,
    histories=st.lists(st.lists(scripts, min_size=1, max_size=6), min_size=1, max_size=4),
    pauses=st.lists(st.integers(0, 12), min_size=4, max_size=4),
    wishes=st.lists(counts, min_size=4, max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_a_service_is_never_made_too_small_or_too_large(
    bounds: tuple[int, int],
    desired: int,
    histories: list[list[Script]],
    pauses: list[int],
    wishes: list[int],
) -> None:
    service = Service(policy(desired, minimum_percent=bounds[0], maximum_percent=bounds[1]))
    for number, (history, pause, wish) in enumerate(zip(histories, pauses, wishes, strict=False)):
        service.deploy(f"d{number}", *history)
        for _ in range(pause + 1):
            before = service.counted()
            service.tick()
            stopped_healthy = sum(task.is_healthy for task in service.stopped_in_last_tick)
            assert stopped_healthy == 0 or service.healthy() >= service.policy.minimum_healthy
            assert service.counted() <= max(service.policy.maximum_tasks, before)
        service.policy = policy(wish, minimum_percent=bounds[0], maximum_percent=bounds[1])


@given(bounds=percents, desired=counts, old=good_scripts, new=st.lists(good_scripts, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_a_good_deployment_ends_with_all_tasks_new(
    bounds: tuple[int, int], desired: int, old: Script, new: list[Script]
) -> None:
    settled = policy(desired, minimum_percent=bounds[0], maximum_percent=bounds[1])
    service = Service(settled)
    service.deploy("old", old)
    until(service, RolloutState.COMPLETED, "old")
    service.deploy("new", *new)
    if not _can_move(settled):
        for _ in range(ENOUGH_TICKS):
            service.tick()
        assert service.healthy("old") == desired, "AWS too waits for ever, and touches nothing"
        return
    until(service, RolloutState.COMPLETED, "new")

    assert {task.deployment for task in service.tasks.values()} <= {"new"}
    assert service.healthy("new") == len(service.tasks) == desired
    assert [each.id for each in service.rollout.deployments] == ["new"]
    assert service.events[-2:] == ["(deployment new) deployment completed.", "has reached a steady state."]


def _can_move(settled: Policy) -> bool:
    return (
        settled.desired_count == 0
        or settled.maximum_tasks > settled.desired_count
        or settled.minimum_healthy < settled.desired_count
    )


@given(
    desired=st.integers(1, 9),
    fate=st.sampled_from([Fate.CANNOT_START, Fate.CRASHES, Fate.IS_SICK]),
    ticks=st.integers(0, 3),
)
@settings(max_examples=100, deadline=None)
def test_the_breaker_trips_exactly_at_its_threshold_and_goes_back(desired: int, fate: Fate, ticks: int) -> None:
    service = running(desired)
    service.deploy("bad", Script(fate, ticks))
    while service.rollout.primary.id == "bad":
        before = service.rollout.primary.failed_tasks
        assert before < failure_threshold(desired)
        assert service.healthy("old") == desired, "at 100 % no good task is given away"
        service.tick()
    failed = service.rollout.deployments[1]

    assert failed.state is RolloutState.FAILED
    assert failed.failed_tasks >= failure_threshold(desired)
    assert failed.reason == "ECS deployment circuit breaker: tasks failed to start."
    assert service.rollout.primary.reason == "ECS deployment circuit breaker: rolling back to deploymentId old."
    until(service, RolloutState.COMPLETED, "old")
    assert service.healthy("old") == len(service.tasks) == desired
    assert service._started["old"] == desired, "tasks that already run what is gone back to stay"


@pytest.mark.parametrize(("desired", "threshold"), [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)])
def test_the_threshold_is_half_of_the_tasks_within_bounds(desired: int, threshold: int) -> None:
    assert failure_threshold(desired) == threshold


def test_a_second_bad_deployment_goes_back_to_the_one_that_was_complete() -> None:
    service = running(2)
    for name in ("bad", "worse"):
        service.deploy(name, Script(Fate.CRASHES, 0))
        until(service, RolloutState.COMPLETED, "old")

    assert service.healthy("old") == 2


def test_without_a_complete_deployment_there_is_nothing_to_go_back_to() -> None:
    service = Service(policy(1))
    service.deploy("first", Script(Fate.CRASHES, 0))
    until(service, RolloutState.FAILED, "first")
    started = service._started["first"]
    for _ in range(50):
        service.tick()

    assert service._started["first"] == started == 3, "a stalled deployment starts nothing more"
    assert len(service.rollout.deployments) == 1


def test_without_a_breaker_it_tries_for_ever_but_ever_more_slowly() -> None:
    service = Service(Policy(desired_count=1))
    service.deploy("first", Script(Fate.CRASHES, 0))
    for _ in range(600):
        service.tick()

    assert service.rollout.primary.state is RolloutState.IN_PROGRESS
    assert 10 < service._started["first"] < 25
    assert [retry_delay_seconds(number) for number in (1, 2, 3, 20, 10_000)] == [0.3, 0.6, 1.2, 60.0, 60.0]


def test_a_healthy_task_ends_the_row_of_failures() -> None:
    service = Service(policy(1))
    service.deploy("first", *[Script(Fate.CRASHES, 0)] * 2, Script(Fate.SERVES, 0))
    until(service, RolloutState.COMPLETED, "first")

    assert service.rollout.primary.failed_tasks == 0


def test_failures_after_the_end_of_a_deployment_are_not_held_against_it() -> None:
    service = Service(policy(1))
    service.deploy("first", Script(Fate.SERVES, 0), *[Script(Fate.CRASHES, 0)] * 5, Script(Fate.SERVES, 0))
    until(service, RolloutState.COMPLETED, "first")
    del service.tasks["first/1"]
    for _ in range(60):
        service.tick()

    assert service.rollout.primary.state is RolloutState.COMPLETED
    assert service.healthy("first") == 1


@pytest.mark.parametrize("moment", ["while tasks are replaced", "in the bake"])
def test_an_alarm_turns_a_deployment_back(moment: str) -> None:
    service = running(2, alarm_names=frozenset({"errors"}), alarms_roll_back=True, bake_seconds=5.0)
    service.deploy("bad", Script(Fate.SERVES, 1))
    service.tick()
    if moment == "in the bake":
        while service.healthy("old") or len(service.tasks) > 2:
            service.tick()
        assert service.rollout.primary.is_in_progress, "the bake is part of the deployment"
    service.ringing = frozenset({"errors", "somebody else's"})
    service.tick()

    assert service.rollout.primary.id == "old"
    assert service.rollout.primary.reason == "ECS deployment alarms: rolling back to deploymentId old."
    until(service, RolloutState.COMPLETED, "old")
    assert service.healthy("old") == 2
    assert "(deployment bad) deployment failed: alarm detected." in service.events


def test_an_alarm_that_rings_already_is_ignored_for_the_whole_deployment() -> None:
    service = running(1, alarm_names=frozenset({"errors"}), alarms_roll_back=True, bake_seconds=2.0)
    service.ringing = frozenset({"errors"})
    service.deploy("new", GOOD)
    until(service, RolloutState.COMPLETED, "new")

    assert service.rollout.last_completed is not None
    assert service.rollout.last_completed.id == "new"


def test_a_failure_that_would_repeat_itself_is_not_repeated() -> None:

    rollout = begin(Rollout(), "first")
    step = advance(rollout, policy(1), Observation(0.0, failures=(Failure("first", is_final=True),)))
    later = advance(step.rollout, policy(1), Observation(10_000.0))

    assert later.rollout.primary.is_held
    assert not any(isinstance(action, Launch) for action in (*step.actions, *later.actions))
    assert later.rollout.primary.failed_tasks == 1
