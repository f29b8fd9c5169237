"""The emulator's side of the supervisor: start a task, signal it, hear how it ended.

The supervisor is started with the first task. Should it be killed, its tasks are gone with it and are reported so.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.messages import Closed, receive, send

ENDING_SECONDS = 10.0
_SHELL_SIGNAL_CODE = 128


@dataclass(frozen=True)
class Started:
    """A process runs."""

    id: str
    pid: int


@dataclass(frozen=True)
class NotStarted:
    """A process could not be made."""

    id: str
    why: str


@dataclass(frozen=True)
class Ended:
    """A process is over; `exit_code` as a container has it: 128 and the signal's number for a signal."""

    id: str
    exit_code: int


Report = Started | NotStarted | Ended


class Processes:
    """Safe to use from many threads. `notify` is called, from a thread of its own, when there are reports."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._guard = threading.Lock()
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._alive: set[str] = set()
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def start(self, name: str, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> int:
        """Start a process in a session of its own; the descriptor from which its output can be read.

        A program is looked up on the PATH of `environment`. What becomes of it is reported.
        """
        output_read, output_write = os.pipe()
        os.set_blocking(output_read, False)
        request = {
            "do": "start",
            "id": name,
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
        }
        with self._guard:
            self._alive.add(name)
            try:
                send(self._require_supervisor(), request, [output_write])
            except OSError:
                self._lose(name)
            finally:
                os.close(output_write)
        return output_read

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process; SIGKILL goes to everything that it has started as well."""
        self._tell({"do": "signal", "id": name, "signal": int(number)})

    def guard(self, pid: int, number: signal.Signals) -> None:
        """Let a server that somebody else started not outlive the emulator: it then gets this signal."""
        with self._guard:
            self._require_supervisor()
        self._tell({"do": "guard", "pid": pid, "signal": int(number)})

    def reports(self) -> list[Report]:
        """What has happened since the last look."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._reports.get_nowait())
        return found

    def stop(self) -> None:
        """End everything at once and wait until it is over."""
        with self._guard:
            supervisor, connection = self._supervisor, self._connection
            self._supervisor = self._connection = None
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        if supervisor is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                supervisor.wait(ENDING_SECONDS)
                return
            supervisor.kill()
            supervisor.wait()

    def _tell(self, request: Mapping[str, object]) -> None:
        with self._guard, contextlib.suppress(OSError):
            if self._connection is not None:
                send(self._connection, request)

    def _require_supervisor(self) -> socket.socket:
        if self._connection is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._supervisor = subprocess.Popen(
                    [sys.executable, "-m", f"{__package__}.supervisor", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    cwd="/",
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            self._connection = ours
            threading.Thread(target=self._listen, args=(ours,), name="task-reports", daemon=True).start()
        return self._connection

    def _listen(self, connection: socket.socket) -> None:
        with contextlib.suppress(Closed, OSError):
            while True:
                message, _ = receive(connection)
                self._report(message)
        with self._guard:
            connection.close()
            if self._connection is connection:
                self._connection = None
            for name in list(self._alive):
                self._lose(name)

    def _report(self, message: Mapping[str, object]) -> None:
        name = str(message["id"])
        match message["what"]:
            case "started":
                report: Report = Started(name, int(str(message["pid"])))
            case "failed":
                report = NotStarted(name, str(message["why"]))
            case _:
                report = Ended(name, _exit_code(int(str(message["code"]))))
        if not isinstance(report, Started):
            with self._guard:
                self._alive.discard(name)
        self._reports.put(report)
        self._notify()

    def _lose(self, name: str) -> None:
        """What the supervisor had goes with it."""
        self._alive.discard(name)
        self._reports.put(Ended(name, _SHELL_SIGNAL_CODE + signal.SIGKILL))
        self._notify()


def _exit_code(code: int) -> int:
    return _SHELL_SIGNAL_CODE - code if code < 0 else code
