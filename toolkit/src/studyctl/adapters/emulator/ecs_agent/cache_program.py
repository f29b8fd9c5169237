"""Valkey as ElastiCache has it: the users of a user group, and nobody else.

They sign in with tokens that IAM signs; who checks a token knows the cache's signing key, which nobody here does. So a
user is let in with whatever it brings, and may do what its access string says.
"""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.data_endpoints import CacheUser
from studyctl.adapters.local.errors import NotReady
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports
from studyctl.adapters.local.valkey import find_program

CONFIGURATION = "valkey.conf"
EVERYBODY = CacheUser("default", "on ~* &* +@all")
_ANSWER_TIMEOUT_SECONDS = 2.0
_SERVES = (b"+PONG", b"-NOAUTH", b"-NOPERM")


@dataclass(frozen=True)
class CacheProgram:
    """The settings of one server, which keeps nothing over a restart."""

    folder: Path
    users: tuple[CacheUser, ...]
    port: int = 0
    name: str = "valkey"
    other_ports: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path | None:
        """A cache keeps nothing."""
        return None

    def launch(self, ports: Ports) -> Launch:
        """The users are in its configuration."""
        path = self.folder / CONFIGURATION
        lines = [
            f"bind {HOST}",
            f"port {ports[MAIN]}",
            "daemonize no",
            'save ""',
            "appendonly no",
            *(f"user {user.name} nopass {user.access}" for user in self.users or (EVERYBODY,)),
        ]
        return Launch(arguments=(str(find_program()), str(path)), files={path: "\n".join(lines) + "\n"})

    def prepare(self) -> None:
        """Nothing has to be there."""

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  it ends when its port is not its own
        """Ask for a PONG; a server that wants to know who asks serves as well."""
        try:
            with socket.create_connection((HOST, ports[MAIN]), timeout=_ANSWER_TIMEOUT_SECONDS) as connection:
                connection.sendall(b"PING\r\n")
                answer = connection.recv(100)
        except OSError as error:
            raise NotReady(f"no connection: {error}") from error
        if not answer.startswith(_SERVES):
            raise NotReady(f"PING is answered with {answer!r}")

    def url(self, ports: Ports) -> str:
        """Where it is, behind TLS."""
        return f"redis://{HOST}:{ports[MAIN]}"
