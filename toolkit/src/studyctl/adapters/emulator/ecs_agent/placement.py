"""Which tasks start and which go, so that a service is neither too small nor too large while it changes.

Source: Amazon ECS Developer Guide, 'Deploy Amazon ECS services by replacing tasks': at least `minimum_healthy` tasks
stay healthy, at most `maximum_tasks` are running or pending.
"""

from __future__ import annotations

from collections.abc import Sequence

from studyctl.adapters.emulator.ecs_agent.rollout import (
    Deployment,
    Launch,
    Policy,
    RolloutState,
    Stop,
    TaskFact,
)


def place(primary: Deployment, policy: Policy, staying: Sequence[TaskFact], now_seconds: float) -> list[Launch | Stop]:
    """What to do with the tasks of one service. `staying` are those that nobody has told to stop."""
    ours = [task for task in staying if task.deployment == primary.id]
    others = _healthy_last([task for task in staying if task.deployment != primary.id])
    leaving = _healthy_last(ours)[: max(0, len(ours) - policy.desired_count)]
    ours = [task for task in ours if task not in leaving]
    healthy = sum(task.is_healthy for task in ours)
    replaced = max(0, len(others) - max(0, policy.desired_count - healthy))
    leaving += others[:replaced]
    others = others[replaced:]

    launches = 0
    missing = policy.desired_count - len(ours)
    if missing > 0 and _may_launch(primary, now_seconds):
        launches = max(0, min(missing, policy.maximum_tasks - len(ours) - len(others)))
        leaving += _room(others, wanted=missing - launches, spare=_spare(policy, ours, others))
    stops: list[Launch | Stop] = [Stop(task.id, scaling_reason(primary.id)) for task in leaving]
    return [*stops, Launch(primary.id, launches)] if launches else stops


def scaling_reason(deployment: str) -> str:
    """Why a task is stopped that did nothing wrong."""
    return f"Scaling activity initiated by (deployment {deployment})"


def _may_launch(primary: Deployment, now_seconds: float) -> bool:
    is_allowed = primary.state is not RolloutState.FAILED and not primary.is_held
    return is_allowed and now_seconds >= primary.not_before_seconds


def _spare(policy: Policy, ours: Sequence[TaskFact], others: Sequence[TaskFact]) -> int:
    """How many healthy tasks may go before their replacement is there."""
    return max(0, sum(task.is_healthy for task in (*ours, *others)) - policy.minimum_healthy)


def _room(others: Sequence[TaskFact], *, wanted: int, spare: int) -> list[TaskFact]:
    """The old tasks that make room for new ones: those that do not serve first."""
    idle = [task for task in others if not task.is_healthy]
    serving = [task for task in others if task.is_healthy]
    return [*idle, *serving[:spare]][: max(0, wanted)]


def _healthy_last(tasks: Sequence[TaskFact]) -> list[TaskFact]:
    return sorted(tasks, key=lambda task: task.is_healthy)
