"""Terraform's `-json` lines as typed events; only this knows their spelling.

A raw line is never logged or put into an error: a diagnostic's snippet and an output's value may be secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyErrored,
    ApplyProgressed,
    ApplyStarted,
    ChangePlanned,
    ChangeSummary,
    Diagnostic,
    DriftFound,
    Event,
    LockWaited,
    Other,
    OutputsReported,
    RefreshCompleted,
    RefreshStarted,
    VersionReported,
)

MAX_LINE_BYTES = 4 * 1024 * 1024
"""A longer line is not one of terraform's; it is skipped so that a stuck writer cannot fill memory."""

Line = Mapping[str, Any]


def parse_line(raw: bytes | str) -> Event:
    """Return the event of one line. Never raises: what is not understood is an `Other`."""
    try:
        line = json.loads(raw)
        if not isinstance(line, dict):
            return Other(kind="text")
    except (ValueError, RecursionError):
        return Other(kind="text")
    kind = line.get("type")
    parser = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parser is None:
        return Other(kind=kind if isinstance(kind, str) else "unknown", at=_at(line))
    try:
        return parser(line)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Other(kind=str(kind), at=_at(line))


class LineBuffer:
    """Cuts a growing file into events; half a line waits for its other half."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_skipping = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield an event for each line that `chunk` completes."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest
        for line in lines:
            if self._is_skipping:
                self._is_skipping = False
            elif line.strip():
                yield parse_line(line)
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest, self._is_skipping = b"", True

    def end(self) -> Iterator[Event]:
        """Yield what is left when nothing more will come; a torn last line is an `Other`."""
        rest, self._rest = self._rest, b""
        if rest.strip() and not self._is_skipping:
            yield parse_line(rest)


def _at(line: Line) -> float:
    try:
        return datetime.fromisoformat(line["@timestamp"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0.0


def _action(name: object) -> Action:
    try:
        return Action(name)
    except ValueError:
        return Action.UNKNOWN


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _version(line: Line) -> Event:
    return VersionReported(at=_at(line), terraform=str(line.get("terraform", line.get("tofu", ""))))


def _change_planned(line: Line) -> Event:
    change = line["change"]
    return ChangePlanned(
        at=_at(line),
        address=str(change["resource"]["addr"]),
        action=_action(change["action"]),
        reason=str(change.get("reason", "")),
    )


def _drift_found(line: Line) -> Event:
    change = line["change"]
    return DriftFound(at=_at(line), address=str(change["resource"]["addr"]), action=_action(change["action"]))


def _refresh_started(line: Line) -> Event:
    return RefreshStarted(at=_at(line), address=str(line["hook"]["resource"]["addr"]))


def _refresh_completed(line: Line) -> Event:
    return RefreshCompleted(at=_at(line), address=str(line["hook"]["resource"]["addr"]))


def _apply_started(line: Line) -> Event:
    hook = line["hook"]
    return ApplyStarted(at=_at(line), address=str(hook["resource"]["addr"]), action=_action(hook["action"]))


def _apply_progressed(line: Line) -> Event:
    hook = line["hook"]
    return ApplyProgressed(
        at=_at(line),
        address=str(hook["resource"]["addr"]),
        action=_action(hook["action"]),
        elapsed_seconds=_whole(hook.get("elapsed_seconds")),
    )


def _apply_completed(line: Line) -> Event:
    hook = line["hook"]
    identity = hook.get("id_value")
    return ApplyCompleted(
        at=_at(line),
        address=str(hook["resource"]["addr"]),
        action=_action(hook["action"]),
        elapsed_seconds=_whole(hook.get("elapsed_seconds")),
        resource_id=identity if isinstance(identity, str) else "",
    )


def _apply_errored(line: Line) -> Event:
    hook = line["hook"]
    return ApplyErrored(
        at=_at(line),
        address=str(hook["resource"]["addr"]),
        action=_action(hook["action"]),
        elapsed_seconds=_whole(hook.get("elapsed_seconds")),
    )


def _summary(line: Line) -> Event:
    changes = line["changes"]
    return ChangeSummary(
        at=_at(line),
        operation=str(changes["operation"]),
        add=_whole(changes.get("add")),
        change=_whole(changes.get("change")),
        remove=_whole(changes.get("remove")),
        imported=_whole(changes.get("import")),
    )


def _diagnostic(line: Line) -> Event:
    diagnostic = line["diagnostic"]
    place = diagnostic.get("range") or {}
    severity: Literal["error", "warning"] = "error" if diagnostic.get("severity") == "error" else "warning"
    return Diagnostic(
        at=_at(line),
        severity=severity,
        summary=str(diagnostic.get("summary", "")),
        detail=str(diagnostic.get("detail", "")),
        address=str(diagnostic.get("address") or ""),
        filename=str(place.get("filename") or ""),
        line=_whole((place.get("start") or {}).get("line")),
    )


def _outputs(line: Line) -> Event:
    sensitive = {str(name): bool(output.get("sensitive")) for name, output in line["outputs"].items()}
    return OutputsReported(at=_at(line), sensitive_by_name=sensitive)


def _lock_asked(line: Line) -> Event:
    return LockWaited(at=_at(line))


def _lock_given_back(line: Line) -> Event:
    return LockWaited(at=_at(line), is_release=True)


_PARSERS: Mapping[str, Callable[[Line], Event]] = {
    "version": _version,
    "planned_change": _change_planned,
    "resource_drift": _drift_found,
    "refresh_start": _refresh_started,
    "refresh_complete": _refresh_completed,
    "apply_start": _apply_started,
    "apply_progress": _apply_progressed,
    "apply_complete": _apply_completed,
    "apply_errored": _apply_errored,
    "change_summary": _summary,
    "diagnostic": _diagnostic,
    "outputs": _outputs,
    "state_lock_acquire": _lock_asked,
    "state_lock_release": _lock_given_back,
}
