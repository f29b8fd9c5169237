"""The journal of one run: one JSON line before and after each step, on disk before the step goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from studyctl.domain.journal import Entry, Phase, Standing, Step, standing
from studyctl.domain.workspace import Workspace
from studyctl.errors import PreflightFailed


class FileJournal:
    """Writes `.build/<env>/runs/<id>.jsonl` (0600).

    Without the line that says so, no step up to the apply begins. A later line that cannot be written is only told of,
    once, through `warn`: what was applied must still be recorded in the account.
    """

    def __init__(
        self, workspace: Workspace, run_id: str, operation: str, *, warn: Callable[[str], None] | None = None
    ) -> None:
        self._path = workspace.runs / f"{run_id}.jsonl"
        self._run_id = run_id
        self._operation = operation
        self._warn = warn or (lambda _: None)
        self._has_gap = False
        self._step: Step | None = None

    def write(self, step: Step, phase: Phase, **facts: str) -> None:
        """Append one line and wait until it is on disk.

        Raises:
            PreflightFailed: it cannot be written, so the step must not begin.
        """
        self._step = step
        entry = Entry(
            run_id=self._run_id,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            operation=self._operation,
            step=step,
            phase=phase,
            facts=facts,
        )
        try:
            self._append(entry)
        except OSError as error:
            self._miss(entry, error)

    def interrupted(self, what: str) -> None:
        """Append that somebody asked the step that is under way to stop, before it is told so."""
        if self._step is not None:
            self.write(self._step, Phase.INTERRUPTED, what=what)

    def _miss(self, entry: Entry, error: OSError) -> None:
        if entry.phase is Phase.STARTED and entry.step.is_until_apply:
            raise PreflightFailed(
                f"{self._path} cannot be written ({error.strerror})",
                why=f"{entry.step} did not begin: without its journal nobody could tell where a killed run stood.",
                hint="Make room there, then run the command again.",
            ) from error
        if not self._has_gap:
            self._has_gap = True
            self._warn(f"{self._path} cannot be written ({error.strerror}): what follows is not in the journal")

    def _append(self, entry: Entry) -> None:
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
