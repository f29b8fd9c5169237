"""What AWS offers to policies: services, their actions, resource types and condition keys."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class AccessLevel(enum.Enum):
    """What an action does to resources, in the words of the Service Authorization Reference."""

    LIST = "List"
    READ = "Read"
    TAGGING = "Tagging"
    WRITE = "Write"
    PERMISSIONS = "Permissions management"

    __hash__ = object.__hash__
    """Every action is asked for its levels; Enum's own goes through Python."""


class KeyType(enum.Enum):
    """What a condition key holds, and so which operators fit."""

    STRING = "String"
    ARN = "ARN"
    BOOLEAN = "Bool"
    NUMERIC = "Numeric"
    DATE = "Date"
    ADDRESS = "IPAddress"
    BINARY = "Binary"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A key as AWS writes it; `${...}` in its name stands for any text. `is_multivalued`: it needs ForAll or ForAny."""

    name: str
    type: KeyType
    is_multivalued: bool = False


class ResourceUse(NamedTuple):
    """A resource type that an action works on, with the keys and actions that come with it."""

    resource_type: str
    is_required: bool
    condition_keys: tuple[str, ...] = ()
    dependent_actions: tuple[str, ...] = ()


class Action(NamedTuple):
    """One action. `condition_keys` and `dependent_actions` are those that hold whatever the resource."""

    service: str
    name: str
    levels: frozenset[AccessLevel]
    resources: tuple[ResourceUse, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return it as a policy writes it: "sqs:SendMessage"."""
        return f"{self.service}:{self.name}"

    @property
    def is_restrictable(self) -> bool:
        """Whether a policy can name a resource; if not, only "*" makes sense."""
        return bool(self.resources)

    @property
    def is_write(self) -> bool:
        """Whether it changes something, permissions included."""
        return bool(self.levels & {AccessLevel.WRITE, AccessLevel.PERMISSIONS, AccessLevel.TAGGING})

    @property
    def all_condition_keys(self) -> frozenset[str]:
        """Return the service's own keys that it knows, for any resource; not the global ones."""
        return frozenset(self.condition_keys).union(*(use.condition_keys for use in self.resources))

    @property
    def all_dependent_actions(self) -> tuple[str, ...]:
        """Return what else its caller needs, e.g. iam:PassRole; which of them depends on the request."""
        everything = (*self.dependent_actions, *(name for use in self.resources for name in use.dependent_actions))
        return tuple(dict.fromkeys(everything))


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource. Its ARNs (most types have one) hold `${Partition}`, `${Region}`, `${Account}` and names."""

    name: str
    arns: tuple[str, ...]
    condition_keys: tuple[str, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return the ARNs with * for everything that varies."""
        return tuple(_starred(arn) for arn in self.arns)


@dataclass(frozen=True, slots=True)
class Service:
    """One service prefix. Actions by lower-case name, resource types by name, keys by lower-case name."""

    prefix: str
    title: str
    actions: Mapping[str, Action]
    resource_types: Mapping[str, ResourceType]
    condition_keys: Mapping[str, ConditionKey]


@dataclass(frozen=True, slots=True)
class Retired:
    """An action that was known once. `last_seen` is the date (ISO) of the newest data that still had it."""

    text: str
    last_seen: str


@functools.lru_cache(maxsize=8_192)
def _starred(arn: str) -> str:
    parts = arn.split("${")
    return parts[0] + "".join("*" + part.partition("}")[2] for part in parts[1:])
