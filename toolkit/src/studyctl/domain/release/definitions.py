"""Task definitions as documents: what of an answer can be registered again, when two are the same, what differs.

ECS hands a definition back with defaults and read-only fields added, so an answer never equals what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Definition = Mapping[str, Any]

# RegisterTaskDefinition's parameters; whatever else DescribeTaskDefinition returns cannot be registered.
# Source: Amazon ECS API reference, RegisterTaskDefinition.
REGISTRABLE = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
)
VERSION_VARIABLE = "SERVICE_VERSION"
"""The variable that tells a container which release it is; services answer it in the header X-Release."""
_NAMED = {"environment": "name", "secrets": "name", "containerDefinitions": "name", "volumes": "name"}
_ADDED_BY_ECS: Mapping[str, tuple[Any, ...]] = {"cpu": (0,), "essential": (True,), "readOnly": (False,)}


@dataclass(frozen=True)
class DefinitionChange:
    """One value that differs. `path` reads like `app.environment.LOG_LEVEL`; None: there is no such value."""

    path: str
    before: str | None
    after: str | None


def registrable(answer: Definition) -> dict[str, Any]:
    """What of an answer can be registered again, with lists of named things in the order of their names."""
    kept = {key: answer[key] for key in REGISTRABLE if answer.get(key) not in (None, [], {}, "")}
    document = deepcopy(kept)
    for container in document.get("containerDefinitions", ()):
        for key in ("environment", "secrets"):
            if key in container:
                container[key] = sorted(container[key], key=lambda entry: str(entry["name"]))
    return document


def main_container(definition: Definition) -> dict[str, Any]:
    """The container that serves: the first essential one. Others stand beside it."""
    containers: list[dict[str, Any]] = list(definition["containerDefinitions"])
    return next((container for container in containers if container.get("essential", True)), containers[0])


def image_of(definition: Definition) -> str:
    """The image of the container that serves."""
    return str(main_container(definition)["image"])


def container_name_of(definition: Definition) -> str:
    """The name of the container that serves: the first essential one."""
    return str(main_container(definition)["name"])


def version_of(definition: Definition) -> str | None:
    """Which release the container is told it is."""
    for variable in main_container(definition).get("environment", ()):
        if variable["name"] == VERSION_VARIABLE:
            return str(variable["value"])
    return None


def with_image(definition: Definition, image: str) -> dict[str, Any]:
    """The same definition for another image."""
    document = deepcopy(dict(definition))
    main_container(document)["image"] = image
    return document


def with_version(definition: Definition, version: str) -> dict[str, Any]:
    """The same definition, telling the container that it is release `version`."""
    document = deepcopy(dict(definition))
    container = main_container(document)
    others = [entry for entry in container.get("environment", ()) if entry["name"] != VERSION_VARIABLE]
    told = [*others, {"name": VERSION_VARIABLE, "value": version}]
    container["environment"] = sorted(told, key=lambda entry: str(entry["name"]))
    return document


def with_role(definition: Definition, command: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """The overrides of RunTask that make one task of this definition do something else once."""
    variables = [{"name": name, "value": value} for name, value in sorted(environment.items())]
    override = {"name": container_name_of(definition), "command": command, "environment": variables}
    return {"containerOverrides": [override]}


def does_the_same(one: Definition, other: Definition) -> bool:
    """Whether two definitions differ in nothing but the release that they name."""
    return not tuple(differences(one, other))


def differences(before: Definition | None, after: Definition) -> Iterator[DefinitionChange]:
    """What differs, sorted by path. The name of the release always does and is left out."""
    old = dict(_leaves(registrable(before), "")) if before is not None else {}
    new = dict(_leaves(registrable(after), ""))
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path) and not path.endswith(f"environment.{VERSION_VARIABLE}"):
            yield DefinitionChange(path, old.get(path), new.get(path))


def referenced_secrets(definition: Definition) -> dict[str, str]:
    """The secret or parameter behind each variable, without the key and version that follow a secret's ARN."""
    return {
        entry["name"]: secret_id(entry["valueFrom"])
        for container in definition.get("containerDefinitions", ())
        for entry in container.get("secrets", ())
    }


def secret_id(value_from: str) -> str:
    """`arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME:KEY::` without KEY, stage and version."""
    parts = value_from.split(":")
    return ":".join(parts[:7]) if value_from.startswith("arn:") and ":secretsmanager:" in value_from else value_from


def log_group_of(definition: Definition) -> str | None:
    """The log group that the serving container writes to."""
    options = main_container(definition).get("logConfiguration", {}).get("options", {})
    group = options.get("awslogs-group")
    return str(group) if group else None


def log_stream_of(definition: Definition, task_id: str) -> str | None:
    """The log stream of one task. Source: Amazon ECS developer guide, awslogs log driver."""
    container = main_container(definition)
    prefix = container.get("logConfiguration", {}).get("options", {}).get("awslogs-stream-prefix")
    return f"{prefix}/{container['name']}/{task_id}" if prefix else None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every value by its path, without what ECS adds by itself."""
    key = path.rpartition(".")[2]
    if isinstance(value, Mapping):
        for name in value:
            yield from _leaves(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        named = _NAMED.get(key)
        for index, entry in enumerate(value):
            if named and isinstance(entry, Mapping):
                yield from _named_leaves(entry, path, str(entry[named]))
            else:
                yield from _leaves(entry, f"{path}.{index}")
    elif value is not None and not any(value is added or value == added for added in _ADDED_BY_ECS.get(key, ())):
        yield path, str(value)


def _named_leaves(entry: Mapping[str, Any], path: str, name: str) -> Iterator[tuple[str, str]]:
    if path == "containerDefinitions":  # few: their names alone say where we are
        yield from _leaves({key: entry[key] for key in entry if key != "name"}, name)
    elif "value" in entry or "valueFrom" in entry:
        yield f"{path}.{name}", str(entry.get("value", entry.get("valueFrom")))
    else:
        yield f"{path}.{name}", "present"
        yield from _leaves({key: entry[key] for key in entry if key != "name"}, f"{path}.{name}")
