"""Reads policy documents out of plans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.plans import Plan, Resource

DOCUMENTS = ("policy", "assume_role_policy", "policy_document", "access_policy")


@dataclass(frozen=True)
class Statement:
    """One statement of a policy; actions and resources are always lists."""

    where: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Mapping[str, Any]]

    @property
    def condition_keys(self) -> frozenset[str]:
        """The keys of all its conditions, in lower case."""
        return frozenset(key.lower() for operator in self.conditions.values() for key in operator)


def statements(resource: Resource, *attributes: str) -> Iterator[Statement]:
    """Every statement of the documents that are known before the apply."""
    for attribute in attributes or DOCUMENTS:
        if text := resource.text(attribute):
            content = json.loads(text).get("Statement", [])
            for statement in content if isinstance(content, list) else [content]:
                yield _statement(resource.address, statement)


def of_all(plan: Plan, *types: str) -> Iterator[Statement]:
    """Every known statement of resources of these types."""
    for resource in plan.of(*types):
        yield from statements(resource)


def _statement(where: str, content: Mapping[str, Any]) -> Statement:
    principal = content.get("Principal", {})
    named = {"AWS": principal} if isinstance(principal, str) else principal
    return Statement(
        where=where,
        effect=content["Effect"],
        actions=_many(content.get("Action", ())),
        resources=_many(content.get("Resource", ())),
        principals={kind: _many(names) for kind, names in named.items()},
        conditions=content.get("Condition", {}),
    )


def _many(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
