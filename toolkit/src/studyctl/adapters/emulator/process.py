"""The emulator's process, seen from outside: start it, find it again, ask it, stop it.

A state directory has at most one emulator. The server holds `server.lock` for as long as it lives, so a process id
that was given to another program is never mistaken for it, and never signalled.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tenacity

import studyctl
from studyctl.adapters.emulator import locks
from studyctl.adapters.emulator.endpoint import (
    HOST,
    LOG_FILE,
    SERVER_LOCK_FILE,
    START_LOCK_FILE,
    STATUS_PATH,
    EmulatorEndpoint,
    connection_environment,
    read_endpoint,
    remove_endpoint,
    terraform_environment,
)
from studyctl.adapters.emulator.errors import (
    EmulatorDidNotStart,
    EmulatorNotAnswering,
    EmulatorPortTaken,
    EmulatorRunsElsewhere,
)

__all__ = [
    "EmulatorEndpoint",
    "EmulatorStatus",
    "Gap",
    "connection_environment",
    "find",
    "start",
    "status",
    "stop",
    "terraform_environment",
]

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 10.0
ANSWER_TIMEOUT_SECONDS = 15.0
LOG_KEPT_BYTES = 5_000_000

# What the server says on its ready pipe; nothing at all means that it died.
READY = "ready"
PORT_TAKEN = "port-taken"
ALREADY_RUNS = "already-runs"

# Popen objects of this process's own emulators, so that stopping one also reaps it.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Gap:
    """An operation that was asked for and could not be answered as AWS would."""

    service: str
    operation: str
    reason: str
    count: int


@dataclass(frozen=True)
class EmulatorStatus:
    """What the emulator tells about itself: `unimplemented` are moto's holes, `failures` are moto's crashes."""

    boot_id: str
    uptime_seconds: float
    moto_version: str
    requests: Mapping[str, int]
    unimplemented: tuple[Gap, ...]
    failures: tuple[Gap, ...]


def start(state_dir: Path, *, port: int = 0, timeout_seconds: float = START_TIMEOUT_SECONDS) -> EmulatorEndpoint:
    """Start the emulator of `state_dir`, or return the one that runs. `port` 0 takes a free one.

    Raises:
        EmulatorPortTaken: another program listens on `port`.
        EmulatorRunsElsewhere: it runs, on another port than `port`.
        EmulatorDidNotStart: it ended, or was not ready within `timeout_seconds`.
        EmulatorNotAnswering: it runs but does not answer.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locks.held(state_dir / START_LOCK_FILE):
        running = find(state_dir)
        if running is None:
            return _launch(state_dir, port, timeout_seconds)
        if port not in (0, running.port):
            raise EmulatorRunsElsewhere(
                f"the emulator already runs on port {running.port}, not on {port}",
                hint="Stop it first:  studyctl emulator down",
            )
        return running


def find(state_dir: Path) -> EmulatorEndpoint | None:
    """The emulator of `state_dir`, proven to be alive and the one the file names; a stale file is removed.

    Raises:
        EmulatorNotAnswering: its process lives but does not answer.
    """
    if not _is_alive(state_dir):
        return None
    endpoint = read_endpoint(state_dir)
    if endpoint is not None and status(endpoint).boot_id != endpoint.boot_id:
        # another life began between the two; its file is there by now
        return read_endpoint(state_dir)
    return endpoint


def status(endpoint: EmulatorEndpoint) -> EmulatorStatus:
    """Ask a running emulator about itself.

    Raises:
        EmulatorNotAnswering: nothing, or something else, answers on its port.
    """
    try:
        answer = _get_status(endpoint.port)
        return EmulatorStatus(
            boot_id=answer["boot_id"],
            uptime_seconds=answer["uptime_seconds"],
            moto_version=answer["moto_version"],
            requests=answer["requests"],
            unimplemented=tuple(Gap(**gap) for gap in answer["unimplemented"]),
            failures=tuple(Gap(**gap) for gap in answer["failures"]),
        )
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise EmulatorNotAnswering(
            f"the emulator (process {endpoint.pid}) does not answer on {endpoint.url}",
            why=f"{type(error).__name__}: {error}; its log is {endpoint.log_path}",
            hint="Start it afresh, its content is lost:  studyctl emulator down && studyctl emulator up",
        ) from error


def stop(state_dir: Path, *, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> bool:
    """Stop the emulator of `state_dir`: politely, and after `timeout_seconds` by force. False when none runs."""
    if not state_dir.is_dir():
        return False
    with locks.held(state_dir / START_LOCK_FILE):
        endpoint = read_endpoint(state_dir) if _is_alive(state_dir) else None
        if endpoint is None:
            return False
        if not _end(state_dir, endpoint.pid, signal.SIGTERM, timeout_seconds):
            _end(state_dir, endpoint.pid, signal.SIGKILL, timeout_seconds)
        remove_endpoint(state_dir)
        return True


def _launch(state_dir: Path, port: int, timeout_seconds: float) -> EmulatorEndpoint:
    log_path = state_dir / LOG_FILE
    _roll(log_path)
    ready_read, ready_write = os.pipe()
    try:
        with log_path.open("ab") as log:
            child = subprocess.Popen(
                [
                    *(sys.executable, "-m", "studyctl.adapters.emulator"),
                    *("--port", str(port), "--state-dir", str(state_dir), "--ready-fd", str(ready_write)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_child_environment(),
                cwd="/",
                pass_fds=[ready_write],
                start_new_session=True,
            )
    finally:
        os.close(ready_write)
    _children[child.pid] = child
    try:
        word = _read_word(ready_read, timeout_seconds)
    finally:
        os.close(ready_read)
    endpoint = read_endpoint(state_dir)
    if word == READY and endpoint is not None:
        return endpoint
    _abandon(child)
    if word == PORT_TAKEN:
        raise EmulatorPortTaken(
            f"port {port} is taken by another program",
            why=f"something listens on {HOST}:{port}",
            hint="Take a free one:  studyctl emulator up   (or name another with --port)",
        )
    raise EmulatorDidNotStart(
        "the emulator did not start" if word is not None else f"the emulator was not ready in {timeout_seconds:g} s",
        why=_last_lines(log_path),
        hint=f"Its whole log:  {log_path}",
    )


def _child_environment() -> dict[str, str]:
    """This environment without what would change the emulator: AWS settings, moto's switches, a ban on bytecode."""
    # PYTHONDONTWRITEBYTECODE would make every start compile all of moto and botocore: 5 s in place of 1 s
    strange = ("AWS_", "MOTO_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "TEST_SERVER_MODE", "TF_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    # the same code as this process, also when it runs from a checkout
    path = [str(Path(studyctl.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}


def _read_word(descriptor: int, timeout_seconds: float) -> str | None:
    """The one line the child writes; an empty one when it died; None when the time is up."""
    deadline = time.monotonic() + timeout_seconds
    received = b""
    while not received.endswith(b"\n"):
        readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            return None
        chunk = os.read(descriptor, 1024)
        if not chunk:
            break
        received += chunk
    return received.decode().strip()


def _abandon(child: subprocess.Popen[bytes]) -> None:
    """End a child that did not become an emulator."""
    _children.pop(child.pid, None)
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    child.wait()


def _is_alive(state_dir: Path) -> bool:
    """Whether a server holds the directory. What a dead one left there is removed before a new one can begin."""
    if not state_dir.is_dir():
        return False
    with locks.held_if_free(state_dir / SERVER_LOCK_FILE) as is_free:
        if is_free:
            remove_endpoint(state_dir)
        return not is_free


def _end(state_dir: Path, pid: int, how: signal.Signals, timeout_seconds: float) -> bool:
    """Send one signal to the holder of the server lock and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
    child = _children.pop(pid, None)
    if child is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout_seconds)
            return True
        _children[pid] = child
        return False
    waiting = tenacity.Retrying(
        retry=tenacity.retry_if_result(bool),
        wait=tenacity.wait_fixed(0.02),
        stop=tenacity.stop_after_delay(timeout_seconds),
        retry_error_callback=lambda _: True,
    )
    return not waiting(_is_alive, state_dir)


def _get_status(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_TIMEOUT_SECONDS)
    try:
        connection.request("GET", STATUS_PATH)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


def _roll(log_path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log_path.stat().st_size > LOG_KEPT_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))


def _last_lines(log_path: Path, count: int = 5) -> str:
    try:
        return "\n".join(log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return "it wrote no log"
