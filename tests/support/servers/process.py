"""A server as a process of this test session: started until it answers, stopped, killed, started again."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 180.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


class ServerProcess(ABC):
    """One server. It keeps its folder and port when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What to run."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves its protocol; False while it starts."""

    def environment(self) -> Mapping[str, str]:
        """Variables besides those of the session."""
        return {}

    def account(self) -> str | None:
        """The user it runs as; None for the session's own."""
        return None

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / "server.log"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self._process is None, "already started"
        account = self.account()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the session first, which then stops it in order
                user=account,
                group=None if account is None else pwd.getpwnam(account).pw_gid,
                extra_groups=None if account is None else [],
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace")[-3000:]
                self.kill()
                raise AssertionError(f"{self.command()[0]} did not start:\n{said}")
            time.sleep(POLL_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it in order, by force if it does not listen; nothing if it does not run."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Kill it without a chance to write anything (-9)."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()

    def restart(self) -> None:
        """Stop it in order and start it on the same port and folder."""
        self.stop()
        self.start()
