"""The journal of one run: one JSON line before and after each step, on disk before the step goes on."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from studyctl.domain.journal import Entry, Phase, Standing, Step, standing
from studyctl.domain.workspace import Workspace


class FileJournal:
    """Writes `.build/<env>/runs/<id>.jsonl` (0600)."""

    def __init__(self, workspace: Workspace, run_id: str, operation: str) -> None:
        self._path = workspace.runs / f"{run_id}.jsonl"
        self._run_id = run_id
        self._operation = operation

    def write(self, step: Step, phase: Phase, **facts: str) -> None:
        """Append one line and wait until it is on disk."""
        entry = Entry(
            run_id=self._run_id,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            operation=self._operation,
            step=step,
            phase=phase,
            facts=facts,
        )
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (json.dumps(entry.to_json()) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_standing(path: Path) -> Standing | None:
    """Where the run of one journal stood; a last line cut in half by a crash is ignored."""
    entries = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            entries.append(Entry.from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            continue
    return standing(entries)


def last_standing(workspace: Workspace) -> Standing | None:
    """Where the newest run of the environment stood, or nothing when there was none on this machine."""
    journals = sorted(workspace.runs.glob("*.jsonl"), key=lambda path: path.name)
    return read_standing(journals[-1]) if journals else None
