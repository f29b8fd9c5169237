"""A small process that owns every task: it starts them, tells how they end, and ends them all when the emulator dies.

    python -m studyctl.adapters.emulator.ecs_agent.supervisor FD

FD is one end of a socket pair. Requests and reports are `messages`; a request to start carries the file descriptor for
the task's output. The end of the socket is the end of every task, however the emulator came to its own.

It imports next to nothing and has one thread, so that it can give its children a signal for the case of its own death.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from studyctl.adapters.emulator.ecs_agent.messages import Closed, receive, send
from studyctl.adapters.local.process_table import ProcessIdentity, identify, session_of

ENDING_SECONDS = 3.0
_PR_SET_PDEATHSIG = 1
_IS_LINUX = sys.platform.startswith("linux")


class Supervisor:
    """Children by the id that the emulator gave them, and servers of others that must not outlive it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._wards: dict[ProcessIdentity, int] = {}
        self._die_with_parent = _prepare_death_signal()

    def run(self) -> None:
        """Serve until the other end of the socket is closed."""
        wake_read, wake_write = os.pipe()
        for descriptor in (wake_read, wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            selector.register(wake_read, selectors.EVENT_READ)
            with contextlib.suppress(Closed, ConnectionError):
                while True:
                    ready = {key.fileobj for key, _ in selector.select()}
                    if wake_read in ready:
                        os.read(wake_read, 4096)
                        self._reap()
                    if self._connection in ready:
                        self._serve(*receive(self._connection))
        self._end_all()

    def _serve(self, request: dict[str, Any], descriptors: list[int]) -> None:
        match request["do"]:
            case "start":
                self._start(request, descriptors[0])
            case "signal":
                self._signal(request["id"], request["signal"])
            case "guard":
                if (found := identify(request["pid"])) is not None:
                    self._wards[found] = request["signal"]

    def _start(self, request: dict[str, Any], output: int) -> None:
        try:
            child = subprocess.Popen(
                request["arguments"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=request["folder"],
                env=request["environment"],
                start_new_session=True,
                restore_signals=True,
                # one thread here, so running Python between fork and exec is safe
                preexec_fn=self._die_with_parent,  # noqa: PLW1509
            )
        except (OSError, subprocess.SubprocessError) as error:
            send(self._connection, {"what": "failed", "id": request["id"], "why": str(error)})
        else:
            self._children[request["id"]] = child
            send(self._connection, {"what": "started", "id": request["id"], "pid": child.pid})
        finally:
            os.close(output)

    def _signal(self, name: str, number: int) -> None:
        child = self._children.get(name)
        if child is None:
            return
        if number == signal.SIGKILL:
            _kill_session(child.pid)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, number)

    def _reap(self) -> None:
        for name, child in list(self._children.items()):
            code = child.poll()
            if code is not None:
                del self._children[name]
                # a container ends with its first process
                _kill_session(child.pid)
                send(self._connection, {"what": "exited", "id": name, "code": code})

    def _end_all(self) -> None:
        """Everything ends: at once what is a task, politely what keeps data."""
        for child in self._children.values():
            _kill_session(child.pid)
        for ward, number in self._wards.items():
            _signal_identity(ward, number)
        deadline = time.monotonic() + ENDING_SECONDS
        while time.monotonic() < deadline and any(identify(ward.pid) == ward for ward in self._wards):
            time.sleep(0.02)
        for ward in self._wards:
            if identify(ward.pid) == ward:
                _kill_session(ward.pid)


def _signal_identity(process: ProcessIdentity, number: int) -> None:
    if identify(process.pid) == process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)


def _kill_session(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in session_of(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _prepare_death_signal() -> Callable[[], None] | None:
    """What a child does before it becomes the task: ask the kernel for SIGKILL when this process dies."""
    if not _IS_LINUX:
        return None
    prctl = ctypes.CDLL(None).prctl

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return die_with_parent


def main() -> None:
    """Serve on the file descriptor of the first argument."""
    # Only the end of the socket counts: a key pressed in a terminal is for the emulator to act upon. A handler that
    # does nothing is not inherited by the tasks; a signal that is ignored or blocked would be.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        Supervisor(connection).run()


if __name__ == "__main__":
    main()
