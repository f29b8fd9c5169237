"""A container definition as a frozen value, with the defaults of ECS filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

DEFAULT_STOP_TIMEOUT_SECONDS = 30.0
CPU_UNITS_OF_A_CORE = 1024
_STARTED_BY: Mapping[str, tuple[str, ...]] = {"CMD": (), "CMD-SHELL": ("/bin/sh", "-c")}


class UnsupportedTask(Exception):
    """A task definition asks for something that is not run here. Its text becomes the task's stopped reason."""


@dataclass(frozen=True)
class HealthCommand:
    """The container's own health check; times in seconds, as on AWS."""

    command: tuple[str, ...]
    interval_seconds: float = 30.0
    timeout_seconds: float = 5.0
    retries: int = 3
    start_seconds: float = 0.0


@dataclass(frozen=True)
class LogTarget:
    """Where the awslogs driver writes."""

    group: str
    region: str
    stream_prefix: str
    creates_group: bool = False

    def stream(self, container: str, task_id: str) -> str:
        """The name that the driver gives a task's stream."""
        return f"{self.stream_prefix}/{container}/{task_id}"


@dataclass(frozen=True)
class Sidecar:
    """A container that its task can do without. It is not run here, for nobody has its image; ECS reads its secrets."""

    name: str
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Container:
    """The one container of a task that is run. `command` and `entry_point` are None where the image's own count."""

    name: str
    image: str
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    health: HealthCommand | None = None
    stop_timeout_seconds: float = DEFAULT_STOP_TIMEOUT_SECONDS
    log: LogTarget | None = None
    cpu_units: int = 256
    memory_mib: int = 512
    role: str = ""
    """The name of the role that the task calls AWS with."""
    sidecars: tuple[Sidecar, ...] = ()


def parse_container(
    definitions: Sequence[Mapping[str, Any]], *, cpu: str | None, memory: str | None, role_arn: str | None = None
) -> Container:
    """The container of a task definition; `cpu`, `memory` and the role are the task's.

    Raises:
        UnsupportedTask: not exactly one is essential.
    """
    essential = [each for each in definitions if is_essential(each)]
    if len(essential) != 1:
        raise UnsupportedTask(f"the emulator runs tasks of one essential container, not of {len(essential)}")
    [definition] = essential
    return Container(
        name=definition["name"],
        image=definition["image"],
        entry_point=_words(definition.get("entryPoint")),
        command=_words(definition.get("command")),
        environment={each["name"]: each.get("value", "") for each in definition.get("environment") or ()},
        secrets=_secrets(definition),
        port=next((int(each["containerPort"]) for each in definition.get("portMappings") or ()), None),
        health=_health(definition.get("healthCheck")),
        stop_timeout_seconds=float(definition.get("stopTimeout") or DEFAULT_STOP_TIMEOUT_SECONDS),
        log=_log(definition.get("logConfiguration")),
        cpu_units=int(cpu or definition.get("cpu") or Container.cpu_units),
        memory_mib=int(memory or definition.get("memory") or Container.memory_mib),
        role=(role_arn or "").rpartition("/")[2],
        sidecars=tuple(Sidecar(each["name"], _secrets(each)) for each in definitions if not is_essential(each)),
    )


def is_essential(definition: Mapping[str, Any]) -> bool:
    """Whether a task ends with this container; a definition that does not say is meant so."""
    return bool(definition.get("essential", True))


def overridden(container: Container, overrides: Mapping[str, Any]) -> Container:
    """The container as RunTask's `overrides` change it."""
    for each in overrides.get("containerOverrides") or ():
        if each.get("name") != container.name:
            continue
        environment = {pair["name"]: pair.get("value", "") for pair in each.get("environment") or ()}
        container = replace(
            container,
            command=_words(each.get("command")) or container.command,
            environment={**container.environment, **environment},
            memory_mib=int(each.get("memory") or container.memory_mib),
        )
    return container


def _secrets(definition: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["valueFrom"] for each in definition.get("secrets") or ()}


def _words(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(value) if value else None


def _health(check: Mapping[str, Any] | None) -> HealthCommand | None:
    if not check or check.get("command", ["NONE"])[0] == "NONE":
        return None
    kind, *words = check["command"]
    command = (*_STARTED_BY.get(kind, (kind,)), *words)
    return HealthCommand(
        command=command,
        interval_seconds=float(check.get("interval") or HealthCommand.interval_seconds),
        timeout_seconds=float(check.get("timeout") or HealthCommand.timeout_seconds),
        retries=int(check.get("retries") or HealthCommand.retries),
        start_seconds=float(check.get("startPeriod") or 0),
    )


def _log(configuration: Mapping[str, Any] | None) -> LogTarget | None:
    if not configuration or configuration.get("logDriver") != "awslogs":
        return None
    options = configuration.get("options") or {}
    return LogTarget(
        group=options.get("awslogs-group", ""),
        region=options.get("awslogs-region", ""),
        stream_prefix=options.get("awslogs-stream-prefix", "ecs"),
        creates_group=options.get("awslogs-create-group") == "true",
    )
