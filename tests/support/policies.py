"""Short ways to write policies in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studyctl.domain.policy import Document, parse_policy_value

Strings = str | Sequence[str]
Conditions = Mapping[str, Mapping[str, Any]]


def allow(
    action: Strings, resource: Strings = "*", condition: Conditions | None = None, **other: Any
) -> dict[str, Any]:
    return _statement("Allow", action, resource, condition, other)


def deny(action: Strings, resource: Strings = "*", condition: Conditions | None = None, **other: Any) -> dict[str, Any]:
    return _statement("Deny", action, resource, condition, other)


def policy(*statements: Mapping[str, Any], source: str = "policy.json", version: str = "2012-10-17") -> Document:
    return parse_policy_value({"Version": version, "Statement": list(statements)}, source)


def _statement(
    effect: str, action: Strings, resource: Strings, condition: Conditions | None, other: Mapping[str, Any]
) -> dict[str, Any]:
    """An element given by name replaces its opposite: NotAction the Action, and so on; None leaves it out."""
    elements: dict[str, Any] = {"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}
    for name in ("Action", "Resource"):
        if f"Not{name}" in other:
            del elements[name]
    return {name: value for name, value in {**elements, **other}.items() if value is not None}
