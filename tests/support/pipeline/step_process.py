"""The process of one step, and how GitHub's runner ends it when somebody cancels.

As in actions/runner, `ProcessInvoker`: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL, each to the direct child only.
When the job ends, what still runs with its `RUNNER_TRACKING_ID` is killed (`JobExtension`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERRUPT_SECONDS = 7.5
TERMINATE_SECONDS = 2.5
LONGEST_SECONDS = 1500.0
POLL_SECONDS = 0.02
TRACKING = "RUNNER_TRACKING_ID"

_SHELLS: Mapping[str, tuple[str, ...]] = {
    "": ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
}
"""What GitHub calls where a step names no shell, and where it names bash."""


@dataclass(frozen=True)
class Cancel:
    """Somebody presses the button: when, and how long the runner waits after its signals."""

    is_due: Callable[[], bool]
    interrupt_seconds: float = INTERRUPT_SECONDS
    terminate_seconds: float = TERMINATE_SECONDS


@dataclass(frozen=True)
class Ended:
    """How a process ended. `signals` are those that the runner sent it."""

    exit_code: int
    signals: tuple[signal.Signals, ...] = ()


def shell_command(shell: str, script: Path) -> tuple[str, ...]:
    """The words that run a script.

    Raises:
        KeyError: another shell than bash.
    """
    return (*_SHELLS[shell], str(script))


def run_step(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path, cancel: Cancel | None = None
) -> Ended:
    """Run a command to its end, or to the one that a cancel puts to it; everything it says goes into `log`."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _wait(process, cancel)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise


def end_orphans(tracking_id: str) -> int:
    """Kill what a job left running, as the runner does at its end; how many there were."""
    mark = f"{TRACKING}={tracking_id}".encode()
    found = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if mark in _environment_of(folder)]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def _environment_of(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _wait(process: subprocess.Popen[bytes], cancel: Cancel | None) -> Ended:
    if cancel is None:
        return Ended(process.wait(LONGEST_SECONDS))
    deadline = time.monotonic() + LONGEST_SECONDS
    while process.poll() is None and not cancel.is_due():
        assert time.monotonic() < deadline, "neither did the step end nor was it cancelled"
        time.sleep(POLL_SECONDS)
    sent: list[signal.Signals] = []
    for number, seconds in ((signal.SIGINT, cancel.interrupt_seconds), (signal.SIGTERM, cancel.terminate_seconds)):
        if process.poll() is not None:
            break
        process.send_signal(number)
        sent.append(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
        sent.append(signal.SIGKILL)
    return Ended(process.wait(), tuple(sent))
