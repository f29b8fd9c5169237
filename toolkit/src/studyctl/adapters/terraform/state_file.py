"""States as files and as terraform prints them; what they hold is read into memory and never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studyctl.adapters.terraform.recorder import ERRORED_STATE
from studyctl.domain.run import RunRecord
from studyctl.domain.state import StateSnapshot, UnsavedState, parse_state
from studyctl.domain.workspace import Workspace
from studyctl.errors import OutcomeUnknown


def parse_pulled(text: str, environment: str) -> StateSnapshot | None:
    """Return what `state pull` printed; None where there is no state.

    Raises:
        OutcomeUnknown: it is no state.
    """
    if not text.strip():
        return None
    try:
        return parse_state(text)
    except ValueError as broken:
        raise OutcomeUnknown(
            f"the state of {environment} is not a state",
            why=f"{broken}.",
            hint="Put its last good version back, then run the command again.",
        ) from broken


def find_unsaved(workspace: Workspace, record: RunRecord) -> Iterator[UnsavedState]:
    """Yield the states a run left: in its folder for certain, and perhaps where it ran when its recorder died too."""
    kept = {record.folder / ERRORED_STATE, *([record.result.errored_state] if record.result else [])}
    for path in sorted(path for path in kept if path is not None):
        if (state := _read(path)) is not None:
            yield UnsavedState(path, state)
    left = workspace.root / ERRORED_STATE
    if record.result is None and left not in kept and _is_since(left, record.started_at):
        left.chmod(0o600)
        if (state := _read(left)) is not None:
            yield UnsavedState(left, state, is_certain=False)


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
