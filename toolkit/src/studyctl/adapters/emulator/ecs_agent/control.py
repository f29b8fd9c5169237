"""What requests do to services and tasks: the extension of moto calls these while `ecs` is held."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from moto.core.utils import utcnow

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.account import Place
from studyctl.adapters.emulator.ecs_agent.deployments import begin
from studyctl.adapters.emulator.ecs_agent.publishing import publish_service, publish_task
from studyctl.adapters.emulator.ecs_agent.records import (
    Revision,
    ServiceRecord,
    Stage,
    StopCode,
    TargetGroupLink,
    TaskRecord,
    attach,
    service_record,
    task_record,
)

# what belongs to a revision: a change of one of these is a deployment
REVISION_SETTINGS = ("load_balancers", "network_configuration", "platform_version", "service_registries")
DRAINING, INACTIVE = "DRAINING", "INACTIVE"


def created(service: Any, place: Place) -> None:
    """A service is there: its first deployment begins."""
    record = ServiceRecord(place, service)
    attach(service, record)
    _deploy(record)
    publish_service(record)
    doorbell.ring()


def updated(service: Any, *, is_forced: bool) -> None:
    """A service was changed: what belongs to a revision begins another deployment."""
    record = service_record(service)
    assert record is not None  # noqa: S101  every service is made by `created`
    if is_forced or _has_changed(record):
        _deploy(record)
    publish_service(record)
    doorbell.ring()


def deleted(service: Any) -> None:
    """A service is to go: it drains as long as it has tasks."""
    record = service_record(service)
    service.desired_count = 0
    service.status = DRAINING if record is not None and record.tasks else INACTIVE
    if record is not None:
        publish_service(record)
    doorbell.ring()


def run(tasks: list[Any], place: Place) -> None:
    """One-off tasks were asked for."""
    for task in tasks:
        task.id = new_task_id()
        record = new_task(task, place)
        publish_task(record)
    doorbell.ring()


def stop(task: Any, reason: str | None) -> None:
    """Somebody wants a task stopped."""
    record = task_record(task)
    if record is not None and not record.is_told_to_stop and record.stage is not Stage.STOPPED:
        tell_to_stop(record, StopCode.USER_INITIATED, reason or "Task stopped by user")
        publish_task(record)
        doorbell.ring()


def new_task(model: Any, place: Place, service: ServiceRecord | None = None, deployment: str = "") -> TaskRecord:
    """The record of one of moto's tasks, which is about to start."""
    record = TaskRecord(
        id=model.id,
        place=place,
        model=model,
        created_seconds=time.monotonic(),
        service=service,
        deployment=deployment,
        address=_address(model),
    )
    attach(model, record)
    model.created_at = utcnow()
    model.connectivity = "CONNECTED"
    model.version = 1
    return record


def new_task_id() -> str:
    """As ECS makes them."""
    return secrets.token_hex(16)


def tell_to_stop(record: TaskRecord, code: StopCode, reason: str) -> None:
    """Begin a task's end; how it goes on is the agent's."""
    record.stop_code, record.stop_reason = code, reason
    record.leaving_since_seconds = time.monotonic()
    if record.stage is Stage.RUNNING:
        record.stage = Stage.DEACTIVATING


def _deploy(record: ServiceRecord) -> None:
    deployment = f"ecs-svc/{secrets.randbelow(10**19):019d}"
    record.revisions[deployment] = _revision(record.model)
    record.rollout = begin(record.rollout, deployment)


def _revision(service: Any) -> Revision:
    return Revision(
        task_definition=service.task_definition,
        links=tuple(_links(service.load_balancers)),
        settings={name: getattr(service, name, None) for name in REVISION_SETTINGS},
        created_at=utcnow(),
    )


def _has_changed(record: ServiceRecord) -> bool:
    current, wanted = record.revisions[record.rollout.primary.id], _revision(record.model)
    return (current.task_definition, current.settings) != (wanted.task_definition, wanted.settings)


def _links(load_balancers: list[Mapping[str, Any]]) -> list[TargetGroupLink]:
    return [
        TargetGroupLink(each["targetGroupArn"], int(each["containerPort"]))
        for each in load_balancers or ()
        if each.get("targetGroupArn")
    ]


def _address(model: Any) -> str:
    """The private address of a task's network interface."""
    details = [detail for attachment in model.attachments for detail in attachment["details"]]
    return next((str(each["value"]) for each in details if each["name"] == "privateIPv4Address"), "")
