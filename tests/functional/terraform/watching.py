"""What the tests here wait for: an event, never a while."""

import os
import select
import subprocess
import time
from pathlib import Path

from studyctl.adapters.terraform import runs
from studyctl.domain.run import ProcessIdentity, RunRecord
from studyctl.domain.workspace import Workspace

LONGEST_SECONDS = 30


def await_line(process: "subprocess.Popen[str]", beginning: str) -> str:
    """Return the first line that begins so; fail when the process ends before."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        if line.startswith(beginning):
            return line.strip()
        seen.append(line)
    raise AssertionError(f"{beginning!r} did not come; seen: {seen}")


def await_end(identity: ProcessIdentity) -> None:
    """Wait for a process that is not our child."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return
    assert select.select([descriptor], [], [], LONGEST_SECONDS)[0], "the process did not end"
    os.close(descriptor)


def await_file(path: Path) -> None:
    """Wait for a file that another process writes; no portable event says so."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.01)


def record_of(workspace: Workspace, run_id: str = "applied", operation: str = "apply") -> RunRecord:
    """Return what is on disk about a run."""
    record = runs.read(workspace, workspace.run_dir(run_id) / operation)
    assert record is not None
    return record


def process_of(workspace: Workspace, run_id: str = "applied") -> ProcessIdentity:
    """Return terraform's process of a run."""
    process = record_of(workspace, run_id).process
    assert process is not None
    return process
