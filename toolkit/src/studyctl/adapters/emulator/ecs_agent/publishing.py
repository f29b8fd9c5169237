"""What the API says of services and tasks: moto's objects, in line with the records. `ecs` is held meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from studyctl.adapters.emulator.ecs_agent.container import Sidecar, is_essential
from studyctl.adapters.emulator.ecs_agent.records import ServiceRecord, Stage, StopCode, TaskRecord
from studyctl.adapters.emulator.ecs_agent.rollout import Deployment, Health, Phase

EVENTS_KEPT = 100
NOT_RUN = "the emulator runs the essential container of a task and no sidecars"
PLATFORM_VERSION, PLATFORM_FAMILY = "1.4.0", "Linux"

_HEALTH = {Health.UNKNOWN: "UNKNOWN", Health.HEALTHY: "HEALTHY", Health.UNHEALTHY: "UNHEALTHY"}


def announce(record: ServiceRecord, message: str) -> None:
    """Write an event of the service, the newest first."""
    event = {"id": str(uuid.uuid4()), "createdAt": utcnow(), "message": f"(service {record.name}) {message}"}
    record.model.events.insert(0, event)
    del record.model.events[EVENTS_KEPT:]


def announce_sidecars(record: ServiceRecord, sidecars: Sequence[Sidecar]) -> None:
    """Say what a service's tasks run without, unless one of its events says so already."""
    message = f"runs without {' and '.join(each.name for each in sidecars)}: {NOT_RUN}."
    if sidecars and not any(event["message"].endswith(message) for event in record.model.events):
        announce(record, message)


def publish_service(record: ServiceRecord) -> None:
    """Counts and deployments, and the settings of the revision that is wanted now."""
    service = record.model
    deployments = record.rollout.deployments if service.status == "ACTIVE" else ()
    service.deployments = [_deployment(record, each, is_primary=not place) for place, each in enumerate(deployments)]
    service.running_count = _count(record, Phase.RUNNING)
    service.pending_count = _count(record, Phase.PENDING)
    if deployments:
        revision = record.revisions[deployments[0].id]
        service.task_definition = revision.task_definition
        for name, value in revision.settings.items():
            setattr(service, name, value)


def _deployment(record: ServiceRecord, deployment: Deployment, *, is_primary: bool) -> dict[str, Any]:
    revision = record.revisions[deployment.id]
    running = _count(record, Phase.RUNNING, deployment.id)
    pending = _count(record, Phase.PENDING, deployment.id)
    # an old deployment wants only those of its tasks that nobody has told to stop yet
    wanted = record.desired_count if is_primary else running + pending
    facts = {
        "id": deployment.id,
        "status": "PRIMARY" if is_primary else "ACTIVE",
        "taskDefinition": revision.task_definition,
        "desiredCount": wanted,
        "runningCount": running,
        "pendingCount": pending,
        "failedTasks": deployment.failed_tasks,
        "rolloutState": str(deployment.state),
        "rolloutStateReason": deployment.reason,
    }
    return {
        **facts,
        "createdAt": revision.created_at,
        "updatedAt": _updated_at(record, deployment.id, facts),
        "launchType": record.model.launch_type,
        "capacityProviderStrategy": getattr(record.model, "capacity_provider_strategy", []),
        "networkConfiguration": revision.settings.get("network_configuration"),
        "platformVersion": PLATFORM_VERSION,
        "platformFamily": PLATFORM_FAMILY,
    }


def _updated_at(record: ServiceRecord, deployment: str, facts: dict[str, Any]) -> datetime:
    known = record.published.get(deployment)
    if known is None or known[0] != facts:
        known = record.published[deployment] = (facts, utcnow())
    return known[1]


def _count(record: ServiceRecord, phase: Phase, deployment: str | None = None) -> int:
    return sum(task.phase is phase and deployment in (None, task.deployment) for task in record.tasks.values())


def publish_containers(task: Any, definitions: Sequence[Mapping[str, Any]]) -> None:
    """The container that is run, and behind it those that are not: stopped, and why."""
    [first] = task.containers  # moto knows one, whichever stands first
    in_order = sorted(definitions, key=lambda each: not is_essential(each))
    task.containers = [first, *(copy(first) for _ in in_order[1:])]
    for container, definition in zip(task.containers, in_order, strict=True):
        for name in ("name", "image", "cpu", "memory", "environment", "command"):
            setattr(container, name, definition.get(name))
    for container in task.containers[1:]:
        container.container_arn = _new_container_arn(task)
        container.task_arn = task.task_arn
        container.last_status, container.reason = str(Stage.STOPPED), NOT_RUN
        container.exitCode, container.health_status = None, "UNKNOWN"


def publish_task(record: TaskRecord) -> None:
    """State, health and end of a task."""
    task, stage = record.model, record.stage
    task._status = str(stage)
    has_ended = stage is Stage.STOPPED
    task.desired_status = "STOPPED" if record.is_told_to_stop or has_ended else "RUNNING"
    task.health_status = _HEALTH[record.container_health.health] if record.container_health else "UNKNOWN"
    task.stop_code = str(record.stop_code) if record.stop_code else None
    task.stopped_reason = record.stop_reason or None
    _stamp(task, "started_at", record.pid > 0)  # a short one has started and ended between two looks
    _stamp(task, "stopping_at", record.is_told_to_stop)
    _stamp(task, "execution_stopped_at", has_ended and record.pid > 0)
    _stamp(task, "stopped_at", has_ended)
    container = task.containers[0]
    container.container_arn = _container_arn(task, container)
    container.task_arn = task.task_arn
    container.last_status = "PENDING" if record.phase is Phase.PENDING else str(stage)
    container.health_status = task.health_status
    container.exitCode = record.exit_code
    if record.stop_code is StopCode.TASK_FAILED_TO_START:
        container.reason = record.stop_reason


def _stamp(task: Any, name: str, is_due: bool) -> None:
    if is_due and getattr(task, name, None) is None:
        setattr(task, name, utcnow())


def _container_arn(task: Any, container: Any) -> str:
    arn: str = container.container_arn
    return arn if ":container/" in arn else _new_container_arn(task)


def _new_container_arn(task: Any) -> str:
    return f"{task.task_arn.replace(':task/', ':container/')}/{uuid.uuid4()}"
