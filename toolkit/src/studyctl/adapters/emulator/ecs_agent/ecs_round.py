"""One round over the ECS of one account and region: what has happened, what follows from it, what is to be done."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.container import UnsupportedTask, overridden, parse_container
from studyctl.adapters.emulator.ecs_agent.lifecycle import (
    Order,
    fail_to_start,
    go_on,
    hear,
    hear_health_command,
    look,
)
from studyctl.adapters.emulator.ecs_agent.moto_errors import MOTO_ERRORS
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.processes import Started
from studyctl.adapters.emulator.ecs_agent.publishing import (
    announce,
    announce_sidecars,
    publish_containers,
    publish_task,
)
from studyctl.adapters.emulator.ecs_agent.records import (
    ServiceRecord,
    Stage,
    TaskRecord,
    service_record,
    task_record,
)
from studyctl.adapters.emulator.ecs_agent.service_steps import policy_of, step
from studyctl.adapters.emulator.ecs_agent.task_runner import HealthAnswer, NotReady, Ready, TaskEvent
from studyctl.adapters.emulator.ecs_agent.watch import Watch
from studyctl.adapters.local.load_balancer.health import Standing

log = logging.getLogger("studyctl.emulator")

STOPPED_TASKS_KEPT = 100
"""AWS shows stopped tasks for about an hour."""
NEVER_RELEASED = "has no image yet, because it was never released. Give it one:  studyctl release ENVIRONMENT"


class EcsRound:
    """Used by the agent's thread only."""

    def __init__(self, accounts: Accounts, watch: Watch, pace: Pace) -> None:
        self._accounts = accounts
        self._watch = watch
        self._pace = pace

    def run(
        self,
        place: Place,
        events: Sequence[TaskEvent],
        standings: Mapping[tuple[str, int], Standing],
        delays: Mapping[str, float],
    ) -> tuple[list[TaskRecord], list[Order]]:
        """Let everything go on by one step; the tasks that have not ended, and what is to be done about them."""
        now = time.monotonic()
        with self._accounts.open("ecs", place) as backend:
            tasks = {task.id: task for task in _live_tasks(backend)}
            for event in events:
                if event.id in tasks:
                    self._take_note(tasks[event.id], event, now)
            for task in tasks.values():
                grace = (
                    float(getattr(task.service.model, "health_check_grace_period_seconds", 0) or 0)
                    if task.service
                    else 0.0
                )
                look(task, standings, grace_seconds=grace, pace=self._pace, now_seconds=now)
            services = [record for each in backend.services.values() if (record := service_record(each))]
            self._step(place, services, now)
            orders = [order for task in _live_tasks(backend) if (order := self._go_on(backend, task, delays, now))]
            _forget_old_tasks(backend)
            _count_in_clusters(backend)
            return list(_live_tasks(backend)), orders

    def needs_attention(self, place: Place) -> bool:
        """Whether something is on its way that no event will announce."""
        with self._accounts.open("ecs", place) as backend:
            if any(task.stage is not Stage.RUNNING for task in _live_tasks(backend)):
                return True
            services = [record for each in backend.services.values() if (record := service_record(each))]
            return any(_is_under_way(record) for record in services)

    def has_services(self, place: Place) -> bool:
        """Whether there is anything to look after."""
        with self._accounts.open("ecs", place) as backend:
            return any(each.status == "ACTIVE" for each in backend.services.values())

    def _step(self, place: Place, services: Iterable[ServiceRecord], now: float) -> None:
        active = [record for record in services if record.model.status != "INACTIVE"]
        ringing = self._watch.ringing(place) if active else frozenset()
        for record in active:
            policy = policy_of(record)
            if policy.alarm_names and record.rollout.primary.is_in_progress:
                bake = self._watch.bake_seconds(place, sorted(policy.alarm_names))
                policy = replace(policy, bake_seconds=max(bake, policy.bake_seconds))
            step(record, policy, ringing, self._accounts, now_seconds=now)

    def _take_note(self, task: TaskRecord, event: TaskEvent, now: float) -> None:
        match event:
            case Ready(prepared=prepared):
                task.port = prepared.port
                task.model.containers[0].image_digest = prepared.image_digest
            case NotReady(reason=reason, is_final=is_final):
                self._announce_failure(task, reason, is_final=is_final)
                fail_to_start(task, reason, is_final=is_final)
            case HealthAnswer(succeeded=succeeded):
                hear_health_command(task, succeeded=succeeded, pace=self._pace, now_seconds=now)
            case _:
                hear(task, event, now_seconds=now)
                if isinstance(event, Started):
                    log.info("task %s runs as process %d on port %d", task.id, event.pid, task.port)

    def _announce_failure(self, task: TaskRecord, reason: str, *, is_final: bool) -> None:
        log.warning("task %s of %s cannot start: %s", task.id, task.model.group, reason)
        if task.service is not None:
            announce(task.service, f"was unable to place a task. Reason: {reason}.")
            if is_final:
                announce(task.service, NEVER_RELEASED)

    def _go_on(self, backend: Any, task: TaskRecord, delays: Mapping[str, float], now: float) -> Order | None:
        if task.container is None:
            self._read_definition(backend, task)
        order = go_on(task, delays, now_seconds=now)
        publish_task(task)
        if task.stage is Stage.STOPPED:
            self._finish(task)
        return order

    def _read_definition(self, backend: Any, task: TaskRecord) -> None:
        definition = backend.describe_task_definition(task.model.task_definition_arn)
        try:
            container = parse_container(
                definition.container_definitions,
                cpu=definition.cpu,
                memory=definition.memory,
                role_arn=getattr(definition, "task_role_arn", None),  # moto sets it only where there is one
            )
        except UnsupportedTask as error:
            self._announce_failure(task, str(error), is_final=False)
            fail_to_start(task, str(error), is_final=True)
        else:
            task.container = overridden(container, task.model.overrides)
            publish_containers(task.model, definition.container_definitions)
            if task.service is not None:
                announce_sidecars(task.service, container.sidecars)

    def _finish(self, task: TaskRecord) -> None:
        """A task has ended: its network interface goes with it."""
        task.is_finished = True
        log.info("task %s of %s stopped: %s (%s)", task.id, task.model.group, task.stop_reason, task.exit_code)
        for attachment in task.model.attachments:
            attachment["status"] = "DELETED"
            names = {detail["name"]: detail["value"] for detail in attachment["details"]}
            with self._accounts.open("ec2", task.place) as backend:
                try:
                    backend.delete_network_interface(names["networkInterfaceId"])
                except MOTO_ERRORS as error:
                    log.info("the network interface of task %s was gone: %s", task.id, error)


def _live_tasks(backend: Any) -> Iterator[TaskRecord]:
    for tasks in list(backend.tasks.values()):
        for model in list(tasks.values()):
            record = task_record(model)
            if record is not None and not record.is_finished:
                yield record


def _is_under_way(record: ServiceRecord) -> bool:
    """Whether a deployment will go on by itself."""
    if record.model.status == "DRAINING":
        return True
    if record.model.status != "ACTIVE" or not record.rollout.deployments:
        return False
    primary = record.rollout.primary
    is_waiting = len(record.tasks) != record.desired_count and not primary.is_held
    return (not record.rollout.is_steady and (bool(record.tasks) or is_waiting)) or (
        primary.is_in_progress and record.rollout.is_steady
    )


def _forget_old_tasks(backend: Any) -> None:
    for tasks in backend.tasks.values():
        ended = [arn for arn, model in tasks.items() if (record := task_record(model)) and record.is_finished]
        for arn in ended[:-STOPPED_TASKS_KEPT]:
            del tasks[arn]


def _count_in_clusters(backend: Any) -> None:
    for cluster in backend.clusters.values():
        stages = [task.stage for task in _live_tasks(backend) if task.model.cluster_name == cluster.name]
        cluster.running_tasks_count = stages.count(Stage.RUNNING)
        cluster.pending_tasks_count = stages.count(Stage.PENDING) + stages.count(Stage.PROVISIONING)
        cluster.active_services_count = sum(
            each.status == "ACTIVE" and each.cluster_name == cluster.name for each in backend.services.values()
        )
