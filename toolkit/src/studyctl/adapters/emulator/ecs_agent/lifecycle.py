"""How a task goes from one stage to the next. What has to be done outside of the records is returned as orders.

`ecs` is held meanwhile; the orders are carried out when it is not.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from studyctl.adapters.emulator.ecs_agent.container_health import ContainerHealth, after_command, combined
from studyctl.adapters.emulator.ecs_agent.control import tell_to_stop
from studyctl.adapters.emulator.ecs_agent.pace import SETTLING_SECONDS, Pace
from studyctl.adapters.emulator.ecs_agent.processes import Ended, NotStarted, Report, Started
from studyctl.adapters.emulator.ecs_agent.records import Stage, StopCode, TargetGroupLink, TaskRecord
from studyctl.adapters.emulator.ecs_agent.rollout import Failure, Health
from studyctl.adapters.emulator.ecs_agent.target_health import TargetHealth, after_look, draining, health_of_task
from studyctl.adapters.local.load_balancer.health import Standing

EXITED = "Essential container in task exited"
ELB_COMPLAINT = "Task failed ELB health checks in (target-group {arn})"
CONTAINER_COMPLAINT = "Task failed container health checks"


@dataclass(frozen=True)
class Signal:
    """Send a signal to a task's process."""

    task: str
    number: signal.Signals


@dataclass(frozen=True)
class Prepare:
    """Get a task ready to start."""

    task: TaskRecord


Order = Signal | Prepare


def hear(task: TaskRecord, report: Report, *, now_seconds: float) -> None:
    """Take note of what became of a task's process."""
    match report:
        case Started(pid=pid):
            task.pid, task.running_seconds = pid, now_seconds
            task.stage = Stage.DEACTIVATING if task.is_told_to_stop else Stage.RUNNING
            if task.container is not None and task.container.health is not None:
                task.container_health = ContainerHealth(now_seconds)
            task.targets = {link: TargetHealth(now_seconds) for link in _links(task)}
        case NotStarted(why=why):
            fail_to_start(task, f"CannotStartContainerError: {why}")
        case Ended(exit_code=exit_code):
            task.exit_code = exit_code
            if not task.is_told_to_stop:
                tell_to_stop(task, StopCode.ESSENTIAL_CONTAINER_EXITED, EXITED)
                _count_failure(task)
            task.stage = Stage.STOPPED


def fail_to_start(task: TaskRecord, reason: str, *, is_final: bool = False) -> None:
    """A task never became a process."""
    if not task.is_told_to_stop:
        tell_to_stop(task, StopCode.TASK_FAILED_TO_START, reason)
        _count_failure(task, is_final=is_final)
    task.stage = Stage.STOPPED


def look(
    task: TaskRecord,
    standings: Mapping[tuple[str, int], Standing],
    *,
    grace_seconds: float,
    pace: Pace,
    now_seconds: float,
) -> None:
    """Bring a running task's health up to date."""
    if task.stage is not Stage.RUNNING:
        return
    for link, health in task.targets.items():
        group = link.target_group.rsplit(":", 1)[-1]
        standing = standings.get((group, task.port))
        task.targets[link] = after_look(health, standing, pace=pace, now_seconds=now_seconds)
    opinions = []
    if task.targets:
        targets = list(task.targets.values())
        opinions.append(health_of_task(targets, grace_seconds=grace_seconds, pace=pace, now_seconds=now_seconds))
    if task.container_health is not None:
        opinions.append(task.container_health.health)
    if not opinions:
        has_settled = now_seconds - task.running_seconds >= SETTLING_SECONDS
        opinions.append(Health.HEALTHY if has_settled else Health.UNKNOWN)
    task.health = combined(*opinions)
    task.complaint = _complaint(task)


def hear_health_command(task: TaskRecord, *, succeeded: bool, pace: Pace, now_seconds: float) -> None:
    """Take note of the container's own health check."""
    check = task.container.health if task.container else None
    if task.container_health is not None and check is not None:
        task.container_health = after_command(
            task.container_health,
            succeeded=succeeded,
            retries=check.retries,
            start_seconds=pace.start_seconds(check.start_seconds),
            now_seconds=now_seconds,
        )


def go_on(task: TaskRecord, delays: Mapping[str, float], *, now_seconds: float) -> Order | None:
    """The next step in a task's life. `delays` are the deregistration delays by target group.

    Whoever calls has taken the targets of the tasks that deactivate out of the balancers before the next call.
    """
    match task.stage:
        case Stage.PROVISIONING:
            if task.is_told_to_stop:
                task.stage = Stage.STOPPED
                return None
            task.stage = Stage.PENDING
            return Prepare(task)
        case Stage.DEACTIVATING:
            return _deactivate(task, delays, now_seconds)
        case Stage.STOPPING:
            return _insist(task, now_seconds)
    return None


def _deactivate(task: TaskRecord, delays: Mapping[str, float], now_seconds: float) -> Order | None:
    if not task.drained_at_seconds:
        task.targets = {link: draining(health) for link, health in task.targets.items()}
        wait = max((delays.get(link.target_group, 0.0) for link in task.targets), default=0.0)
        task.drained_at_seconds = now_seconds + wait
        return None
    if now_seconds < task.drained_at_seconds:
        return None
    task.targets = {}
    task.stage = Stage.STOPPING
    task.terminated_seconds = now_seconds
    return Signal(task.id, signal.SIGTERM)


def _insist(task: TaskRecord, now_seconds: float) -> Order | None:
    patience = task.container.stop_timeout_seconds if task.container else 0.0
    began = task.terminated_seconds if task.terminated_seconds is not None else now_seconds
    if task.is_killed or now_seconds - began < patience:
        return None
    task.is_killed = True
    return Signal(task.id, signal.SIGKILL)


def _links(task: TaskRecord) -> tuple[TargetGroupLink, ...]:
    return task.service.revisions[task.deployment].links if task.service else ()


def _complaint(task: TaskRecord) -> str:
    if task.health is not Health.UNHEALTHY:
        return ""
    if task.container_health is not None and task.container_health.health is Health.UNHEALTHY:
        return CONTAINER_COMPLAINT
    bad = next((link for link, health in task.targets.items() if not health.is_healthy), None)
    return ELB_COMPLAINT.format(arn=bad.target_group) if bad else CONTAINER_COMPLAINT


def _count_failure(task: TaskRecord, *, is_final: bool = False) -> None:
    if task.service is not None:
        task.service.failures.append(Failure(task.deployment, is_final=is_final))
