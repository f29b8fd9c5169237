"""Reads what workloads were seen to call, from a file with a line of JSON for each call, or from the emulator."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studyctl.adapters.emulator.endpoint import CALLS_PATH
from studyctl.domain.policy.capabilities.behaviour import Call
from studyctl.errors import PreflightFailed, UsageError

ANSWER_TIMEOUT_SECONDS = 30.0
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
            role, call = _call(_value(line, f"{path}:{number}"), f"{path}:{number}")
            calls.setdefault(role, []).append(call)
    return {role: tuple(found) for role, found in calls.items()}


def calls_on(endpoint_url: str, roles: Iterable[str] | None = None) -> dict[str, tuple[Call, ...]]:
    """Return the calls that an emulator recorded in its life, by role; of some roles only, where they are named.

    Tasks call with the name of their role as access key, everybody else with `test`.

    Raises:
        PreflightFailed: it does not answer.
    """
    host = endpoint_url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=ANSWER_TIMEOUT_SECONDS)
    try:
        connection.request("GET", CALLS_PATH)
        rows = json.loads(connection.getresponse().read())["calls"]
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        raise PreflightFailed(
            f"the emulator at {endpoint_url} does not tell what it recorded: {error}",
            hint="Look at it with: studyctl emulator status",
        ) from error
    finally:
        connection.close()
    wanted = None if roles is None else set(roles)
    calls: dict[str, list[Call]] = {}
    for row in rows:
        role, call = _call(row, endpoint_url)
        if wanted is None or role in wanted:
            calls.setdefault(role, []).append(call)
    return {role: tuple(found) for role, found in calls.items()}


def _value(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise _no_call(where, str(error)) from error
    except RecursionError:
        raise _no_call(where, "its values nest too deep") from None


def _call(value: Any, where: str) -> tuple[str, Call]:
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
