"""One look at a service: its tasks become an observation, the decisions become tasks, stops and events.

`ecs` is held meanwhile.
"""

from __future__ import annotations

from typing import Any

from moto.ecs.models import Task

from studyctl.adapters.emulator.ecs_agent.account import Accounts
from studyctl.adapters.emulator.ecs_agent.control import INACTIVE, new_task, new_task_id, tell_to_stop
from studyctl.adapters.emulator.ecs_agent.deployments import advance
from studyctl.adapters.emulator.ecs_agent.publishing import announce, publish_service
from studyctl.adapters.emulator.ecs_agent.records import ServiceRecord, Stage, StopCode, TaskRecord
from studyctl.adapters.emulator.ecs_agent.rollout import Announce, Launch, Observation, Policy, Stop, TaskFact

STEADY_SECONDS = 0.5
"""A service that is as it should be for one look only is not called steady."""


def policy_of(record: ServiceRecord) -> Policy:
    """What a service asks for, with the defaults of ECS; how long alarms are watched, the alarms say."""
    configuration: dict[str, Any] = getattr(record.model, "deployment_configuration", None) or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    alarms = configuration.get("alarms") or {}
    is_watched = bool(alarms.get("enable"))
    return Policy(
        desired_count=record.desired_count,
        minimum_percent=int(configuration.get("minimumHealthyPercent", 100)),
        maximum_percent=int(configuration.get("maximumPercent", 200)),
        has_breaker=bool(breaker.get("enable")),
        breaker_rolls_back=bool(breaker.get("rollback")),
        alarm_names=frozenset(alarms.get("alarmNames", ())) if is_watched else frozenset(),
        alarms_roll_back=bool(alarms.get("rollback")),
        bake_seconds=STEADY_SECONDS,
    )


def step(
    record: ServiceRecord, policy: Policy, ringing: frozenset[str], accounts: Accounts, *, now_seconds: float
) -> None:
    """Let a service go on; tasks that have ended are dropped first."""
    for task in [task for task in record.tasks.values() if task.stage is Stage.STOPPED]:
        del record.tasks[task.id]
    facts = tuple(_fact(task) for task in record.tasks.values())
    failures, record.failures = tuple(record.failures), []
    taken = advance(record.rollout, policy, Observation(now_seconds, facts, failures, ringing))
    record.rollout = taken.rollout
    stopped: list[TaskRecord] = []
    for action in taken.actions:
        match action:
            case Stop(task_id, reason):
                stopped.append(_stop(record, task_id, reason))
            case Launch(deployment, count):
                _launch(record, deployment, count, accounts)
            case Announce(message):
                announce(record, message)
    if stopped:
        names = " ".join(f"(task {task.id})" for task in stopped)
        announce(record, f"has stopped {len(stopped)} running tasks: {names}.")
    known = {deployment.id for deployment in record.rollout.deployments}
    if record.rollout.last_completed is not None:
        known.add(record.rollout.last_completed.id)
    record.revisions = {key: revision for key, revision in record.revisions.items() if key in known}
    if record.model.status == "DRAINING" and not record.tasks:
        record.model.status = INACTIVE
    publish_service(record)


def _fact(task: TaskRecord) -> TaskFact:
    return TaskFact(task.id, task.deployment, task.phase, task.health, task.complaint)


def _stop(record: ServiceRecord, task_id: str, reason: str) -> TaskRecord:
    task = record.tasks[task_id]
    if task.complaint:
        announce(record, _complaint_event(task))
    tell_to_stop(task, StopCode.SERVICE_SCHEDULER_INITIATED, reason)
    return task


def _complaint_event(task: TaskRecord) -> str:
    """Which check failed, in ECS's words."""
    for link, health in task.targets.items():
        if not health.is_healthy:
            return (
                f"(port {link.port}) is unhealthy in (target-group {link.target_group}) due to "
                f"(reason {health.description})."
            )
    return f"(task {task.id}) failed container health checks."


def _launch(record: ServiceRecord, deployment: str, count: int, accounts: Accounts) -> None:
    revision = record.revisions[deployment]
    service = record.model
    backend = service._backend
    cluster = backend._get_cluster(service.cluster_name)
    definition = backend.describe_task_definition(revision.task_definition)
    started = []
    for _ in range(count):
        with accounts.open("ec2", record.place):
            model = Task(
                cluster=cluster,
                task_definition=definition,
                container_instance_arn=None,
                resource_requirements=None,
                backend=backend,
                group=f"service:{record.name}",
                launch_type=service.launch_type or "FARGATE",
                started_by=deployment,
                tags=list(service.tags) if service.propagate_tags == "SERVICE" else [],
                networking_configuration=revision.settings.get("network_configuration"),
                platform_version=service.platform_version or "LATEST",
                capacity_provider_name=_capacity_provider(service),
            )
        model.id = new_task_id()
        backend.tasks.setdefault(service.cluster_name, {})[model.task_arn] = model
        task = new_task(model, record.place, record, deployment)
        record.tasks[task.id] = task
        started.append(task)
    names = " ".join(f"(task {task.id})" for task in started)
    announce(record, f"has started {count} tasks: {names}.")


def _capacity_provider(service: Any) -> str | None:
    strategy = getattr(service, "capacity_provider_strategy", None)
    return str(strategy[0]["capacityProvider"]) if strategy else None
