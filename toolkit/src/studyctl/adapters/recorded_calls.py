"""Reads what workloads were seen to call: a line of JSON for each call, with role, action, resource and context."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studyctl.domain.policy.capabilities.behaviour import Call
from studyctl.errors import UsageError

_PARTS = frozenset({"role", "action", "resource", "context"})


def read_calls(path: Path) -> dict[str, tuple[Call, ...]]:
    """Return the calls of each role, by its name.

    Raises:
        UsageError: the file cannot be read, or a line of it is no call.
    """
    calls: dict[str, list[Call]] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint=f"Look at it with: ls -l {path}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            role, call = _call(line, f"{path}:{number}")
            calls.setdefault(role, []).append(call)
    return {role: tuple(found) for role, found in calls.items()}


def _call(line: str, where: str) -> tuple[str, Call]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise _no_call(where, str(error)) from error
    if not isinstance(value, dict) or set(value) - _PARTS or not {"role", "action"} <= set(value):
        raise _no_call(where, "it has a role and an action, and may have a resource and a context")
    context, texts = value.get("context", {}), [value["role"], value["action"], value.get("resource", "*")]
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(context, dict):
        raise _no_call(where, "role, action and resource are texts, context is an object")
    role, action, resource = texts
    return role, Call(action, resource, {str(key).lower(): _values(one) for key, one in context.items()})


def _values(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _no_call(where: str, why: str) -> UsageError:
    return UsageError(
        f"{where} is not a call",
        why=why,
        hint='Write it as {"role": "study-dev-api-task", "action": "s3:PutObject", "resource": "arn:..."}',
    )
