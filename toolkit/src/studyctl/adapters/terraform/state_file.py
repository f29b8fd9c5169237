"""States as files and as terraform prints them; what they hold is read into memory and never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from studyctl.adapters.terraform.recorder import ERRORED_STATE, write_json
from studyctl.domain.run import RunRecord
from studyctl.domain.state import StateSnapshot, UnsavedState, parse_state
from studyctl.domain.workspace import Workspace
from studyctl.errors import OutcomeUnknown

_DUMP = b'"Emergency state dump"'
"""Terraform's message when it can store its state neither in the backend nor in a file."""


def parse_pulled(text: str, environment: str) -> StateSnapshot | None:
    """Return what `state pull` printed; None where there is no state, for which it prints nothing or an empty one.

    Raises:
        OutcomeUnknown: it is no state.
    """
    if not text.strip():
        return None
    try:
        state = parse_state(text)
    except ValueError as broken:
        raise OutcomeUnknown(
            f"the state of {environment} is not a state",
            why=f"{broken}.",
            hint="Put its last good version back, then run the command again.",
        ) from broken
    return state if state.lineage or state.instances else None


def find_unsaved(workspace: Workspace, record: RunRecord) -> Iterator[UnsavedState]:
    """Yield the states a run left: in its folder for certain, and perhaps where it ran when its recorder died too."""
    _keep_dump(record)
    kept = {record.folder / ERRORED_STATE, *([record.result.errored_state] if record.result else [])}
    for path in sorted(path for path in kept if path is not None):
        if (state := _read(path)) is not None:
            yield UnsavedState(path, state)
    left = workspace.root / ERRORED_STATE
    if record.result is None and left not in kept and _is_since(left, record.started_at):
        left.chmod(0o600)
        if (state := _read(left)) is not None:
            yield UnsavedState(left, state, is_certain=False)


def _keep_dump(record: RunRecord) -> None:
    """Put the state that terraform had nowhere to write but into its stream where a state is looked for (0600)."""
    kept = record.folder / ERRORED_STATE
    if kept.exists() or not record.stream.exists():
        return
    with record.stream.open("rb") as stream:
        for line in stream:
            if _DUMP in line and (state := _dumped(line)) is not None:
                write_json(str(kept), state)


def _dumped(line: bytes) -> object | None:
    try:
        return cast("dict[str, object]", json.loads(line)).get("state")
    except (ValueError, AttributeError):
        return None  # cut short by the same full disk


def _is_since(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime >= moment - 1
    except OSError:
        return False


def _read(path: Path) -> StateSnapshot | None:
    try:
        return parse_state(path.read_bytes())
    except (OSError, ValueError):
        return None
