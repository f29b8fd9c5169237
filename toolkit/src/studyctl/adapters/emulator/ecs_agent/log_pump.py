"""The output of every task, read as it comes and cut into lines, until somebody fetches them.

Reading never waits for whoever takes the lines: a task that writes faster loses its oldest lines, as with the awslogs
driver in non-blocking mode.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections import deque
from dataclasses import dataclass, field

LONGEST_LINE_BYTES = 256 * 1024
"""The longest event that CloudWatch Logs takes."""
MOST_LINES = 20_000
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Line:
    """One line and when it was read, in milliseconds since 1970."""

    milliseconds: int
    text: str


@dataclass
class _Output:
    name: str
    rest: bytes = b""
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_LINES))


class LogPump:
    """One thread for all outputs, started with the first. Safe to use from many threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._outputs: dict[int, _Output] = {}
        self._finished: list[_Output] = []
        self._wake_read, self._wake_write = os.pipe()
        self._thread: threading.Thread | None = None
        self._is_stopping = False

    def add(self, name: str, descriptor: int) -> None:
        """Read this descriptor to its end, and close it then."""
        with self._guard:
            self._outputs[descriptor] = _Output(name)
            if self._thread is None:
                self._thread = threading.Thread(target=self._pump, name="task-logs", daemon=True)
                self._thread.start()
        os.write(self._wake_write, b"+")

    def take(self) -> dict[str, list[Line]]:
        """The lines since the last call, by task."""
        with self._guard:
            found: dict[str, list[Line]] = {}
            for output in (*self._outputs.values(), *self._finished):
                if output.lines:
                    found.setdefault(output.name, []).extend(output.lines)
                    output.lines.clear()
            self._finished.clear()
        return found

    def is_open(self, name: str) -> bool:
        """Whether this task may still say something, or has said what nobody has fetched yet."""
        with self._guard:
            return any(output.name == name for output in (*self._outputs.values(), *self._finished))

    def stop(self) -> None:
        """Read no more."""
        self._is_stopping = True
        os.write(self._wake_write, b"-")
        if self._thread is not None:
            self._thread.join()

    def _pump(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self._is_stopping:
                for key, _ in selector.select():
                    if key.fd == self._wake_read:
                        os.read(self._wake_read, _CHUNK_BYTES)
                        self._register_new(selector)
                    elif not self._read(key.fd):
                        selector.unregister(key.fd)
                        self._finish(key.fd)

    def _register_new(self, selector: selectors.BaseSelector) -> None:
        with self._guard:
            known = set(selector.get_map())
            for descriptor in self._outputs.keys() - known:
                selector.register(descriptor, selectors.EVENT_READ)

    def _read(self, descriptor: int) -> bool:
        chunk = b""
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(descriptor, _CHUNK_BYTES)
            if not chunk:
                return False
        now = time.time_ns() // 1_000_000
        with self._guard:
            output = self._outputs[descriptor]
            *whole, output.rest = (output.rest + chunk).split(b"\n")
            if len(output.rest) > LONGEST_LINE_BYTES:
                whole.append(output.rest)
                output.rest = b""
            output.lines.extend(Line(now, _text(line)) for line in whole)
        return True

    def _finish(self, descriptor: int) -> None:
        with self._guard:
            output = self._outputs.pop(descriptor)
            if output.rest:
                output.lines.append(Line(time.time_ns() // 1_000_000, _text(output.rest)))
            self._finished.append(output)
        os.close(descriptor)


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE_BYTES].decode("utf-8", "replace").removesuffix("\r")
