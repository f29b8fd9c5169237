"""A command on a terminal of its own, as a person has it."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.command_line import CommandLine

PATIENCE_SECONDS = 120.0
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Terminal:
    """What a command draws, and a hand on the keyboard."""

    process: subprocess.Popen[bytes]
    master: int
    drawn: bytes = b""

    @property
    def text(self) -> str:
        """Everything that was drawn so far, without colours and moves."""
        return _CONTROL.sub("", self.drawn.decode(errors="replace"))

    def read_until(self, is_enough: Callable[[str], bool]) -> str:
        """Wait for what must be drawn."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_enough(self.text):
            assert time.monotonic() < deadline, self.text[-3000:]
            if select.select([self.master], [], [], 1.0)[0]:
                self.drawn += os.read(self.master, 65536)
        return self.text

    def interrupt(self) -> int:
        """What Ctrl-C does; the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def on_terminal(studyctl: CommandLine, *arguments: str, rows: int = 24, columns: int = 80) -> Iterator[Terminal]:
    """Run one command there; it is ended with the body."""
    master, end = os.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "studyctl.cli.main", *arguments],
        cwd=studyctl.folder,
        env=studyctl.environment({"TERM": "xterm-256color"}),
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    os.close(end)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(master)
