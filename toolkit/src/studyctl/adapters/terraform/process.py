"""One terraform operation under supervision: started so that it survives its parent, followed by its stream."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studyctl.adapters.terraform import recorder, runs
from studyctl.adapters.terraform.events import LineBuffer
from studyctl.adapters.terraform.interrupts import Interrupts
from studyctl.domain.events import Event
from studyctl.domain.patience import Patience
from studyctl.domain.progress import Progress, advance
from studyctl.domain.run import Operation, RunResult

TICK_SECONDS = 0.05
"""How late an event may be shown and a signal passed on."""
RECORD_SECONDS = 5.0
"""How long the recorder may take to write its result after terraform is gone."""
LOOK_SECONDS = 1.0
"""How often it is looked whether something hangs."""
_CHUNK_BYTES = 1 << 20
NO_END = Patience(longest=math.inf, longest_by_type={}, silent=math.inf)

OnEvent = Callable[[Event, Progress], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, where its traces go, and in which environment."""

    operation: Operation
    argv: Sequence[str]
    cwd: Path
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known afterwards. `result` is None when even the recorder was killed."""

    folder: Path
    progress: Progress
    result: RunResult | None
    stderr: str = ""
    interrupted_by: signal.Signals | None = None
    is_forced: bool = False
    hung: tuple[str, ...] = ()
    """What waited for an answer for so long that terraform was asked to stop."""

    @property
    def exit_code(self) -> int | None:
        """Terraform's exit code, if anybody knows it."""
        return self.result.exit_code if self.result else None


def run(order: Order, interrupts: Interrupts, on_event: OnEvent | None = None, patience: Patience = NO_END) -> Ending:
    """Start an operation and follow it to its end; it goes on should this process die.

    An exception of `on_event` does not stop the supervision: it is raised when terraform has ended.
    """
    with interrupts:
        started = _start(order)
        ending = _Follower(order.folder, interrupts, on_event, patience).follow(lambda: _wait(started))
    if ending.result is None and started.returncode >= 0:
        # the recorder ended by itself and could not write: the disk is full, but its exit code is terraform's
        code = started.returncode
        result = RunResult(exit_code=code, signal=max(0, code - 128), finished_at=time.time())
        return replace(ending, result=result)
    return ending


def pick_up(
    folder: Path, interrupts: Interrupts, on_event: OnEvent | None = None, patience: Patience = NO_END
) -> Ending:
    """Follow an operation that another process started, from its first event."""
    with interrupts:
        return _Follower(folder, interrupts, on_event, patience).follow(lambda: _wait_for_other(folder))


def _start(order: Order) -> subprocess.Popen[bytes]:
    """Start the recorder in a session of its own, so that no terminal's signal reaches it or terraform."""
    words = {
        "operation": order.operation.value,
        "argv": list(order.argv),
        "cwd": str(order.cwd),
        "folder": str(order.folder),
    }
    recorder.write_json(str(order.folder / runs.ORDER_FILE), {**words, "started_at": time.time()})
    started = subprocess.Popen(
        [sys.executable, "-I", "-S", recorder.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(order.environment),
        start_new_session=True,
    )
    assert started.stdin is not None  # noqa: S101 - PIPE was asked for
    with started.stdin as pipe:
        pipe.write(json.dumps(words).encode())
    return started


def _wait(started: subprocess.Popen[bytes]) -> bool:
    try:
        started.wait(TICK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _wait_for_other(folder: Path) -> bool:
    process = runs.read_process(folder)
    is_running = runs.is_alive(process) if process is not None else runs.is_starting(runs.read_order(folder))
    if not is_running:
        return True
    time.sleep(TICK_SECONDS)
    return False


def _tail(path: Path, limit_bytes: int = 4000) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - limit_bytes))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""


class _Follower:
    """Reads a stream while its writer lives, folds it, and passes signals on."""

    def __init__(self, folder: Path, interrupts: Interrupts, on_event: OnEvent | None, patience: Patience) -> None:
        self._folder = folder
        self._interrupts = interrupts
        self._on_event = on_event
        self._patience = patience
        self._looked_at = time.monotonic()
        self._heard_at = time.monotonic()
        self._hung: tuple[str, ...] = ()
        self._progress = Progress()
        self._lines = LineBuffer()
        self._offset = 0
        self._sent = 0
        self._failure: Exception | None = None

    def follow(self, has_ended: Callable[[], bool]) -> Ending:
        while not has_ended():
            self._look_for_hung()
            self._pass_signals_on()
            self._read()
        result = self._await_result()
        self._read()
        for event in self._lines.end():
            self._take(event)
        self._interrupts.tell_pending()
        if self._failure is not None:
            raise self._failure
        said = _tail(self._folder / "stderr.txt")
        asked = self._interrupts.first
        return Ending(self._folder, self._progress, result, said, asked, self._interrupts.is_forced, self._hung)

    def _await_result(self) -> RunResult | None:
        """Wait for the recorder's word; if it was killed, for terraform itself and then a little longer."""
        deadline = time.monotonic() + RECORD_SECONDS
        while (result := runs.read_result(self._folder)) is None:
            process = runs.read_process(self._folder)
            if process is not None and runs.is_alive(process):
                deadline = time.monotonic() + RECORD_SECONDS
                self._look_for_hung()
                self._pass_signals_on()
                self._read()
            elif time.monotonic() > deadline or not runs.is_recorded(self._folder):
                return runs.read_result(self._folder)
            time.sleep(TICK_SECONDS)
        return result

    def _look_for_hung(self) -> None:
        """Find what waits in vain; terraform is then asked to stop as by a signal, once."""
        now = time.monotonic()
        if self._hung or now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        self._hung = self._patience.hung(self._progress, time.time())
        is_silent = not self._progress.is_waiting_for_lock and now - self._heard_at > self._patience.silent
        if is_silent and not self._hung:
            self._hung = ("terraform itself",)

    def _pass_signals_on(self) -> None:
        self._interrupts.tell_pending()
        wanted = (self._interrupts.is_requested or bool(self._hung)) + self._interrupts.is_forced
        if self._sent >= wanted:
            return
        process = runs.read_process(self._folder)
        if process is None or not runs.is_alive(process):
            return
        os.kill(process.pid, signal.SIGINT)
        self._sent += 1

    def _read(self) -> None:
        try:
            with (self._folder / "stream.jsonl").open("rb") as stream:
                stream.seek(self._offset)
                while chunk := stream.read(_CHUNK_BYTES):
                    self._heard_at = time.monotonic()
                    self._offset += len(chunk)
                    for event in self._lines.feed(chunk):
                        self._take(event)
        except FileNotFoundError:
            return

    def _take(self, event: Event) -> None:
        self._progress = advance(self._progress, event)
        if self._on_event is None:
            return
        try:
            self._on_event(event, self._progress)
        except OSError:
            self._on_event = None  # the terminal is gone; the operation is not
        except Exception as error:  # noqa: BLE001 - raised once terraform has ended
            self._on_event, self._failure = None, error
