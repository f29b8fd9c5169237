"""What a program tells of itself so that it can be run as a local server, and what is known of one that runs."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from studyctl.adapters.local.accounts import Account

MAIN = "main"
"""The port that clients use; others have names of their own."""

Ports = Mapping[str, int]


@dataclass(frozen=True)
class Launch:
    """How a process is started. No secret is in `arguments`: every user of the machine can read those."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[Path, str] = field(default_factory=dict, repr=False)
    """Written before the start, for the owner's eyes only."""
    account: Account | None = None
    """Who it runs as, when not as whoever starts it."""
    version: str = ""
    """What else makes it another server, such as the state of its code."""

    @property
    def fingerprint(self) -> str:
        """Equal for two launches that make the same server."""
        content = [
            self.version,
            self.arguments,
            sorted(self.environment.items()),
            sorted((str(k), v) for k, v in self.files.items()),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class Running:
    """A server that runs. `url` holds no password. `ports` are all of its ports by name."""

    name: str
    pid: int
    url: str
    log_path: Path
    ports: Ports

    @property
    def port(self) -> int:
        """The port that clients use."""
        return self.ports[MAIN]


class Program(Protocol):
    """A server's settings, and everything that only its kind knows."""

    @property
    def name(self) -> str:
        """What people call it; the name of its log."""
        ...

    @property
    def folder(self) -> Path:
        """State file, configuration and log. One folder has at most one server."""
        ...

    @property
    def data(self) -> Path | None:
        """What it keeps over a restart, if anything."""
        ...

    @property
    def port(self) -> int:
        """The port for clients; 0 takes the one it had last time, or a free one."""
        ...

    @property
    def other_ports(self) -> tuple[str, ...]:
        """Names of further ports that it needs."""
        ...

    @property
    def stop_signal(self) -> signal.Signals:
        """What asks it to end in good order."""
        ...

    def launch(self, ports: Ports) -> Launch:
        """How it is started on these ports. Changes nothing."""
        ...

    def prepare(self) -> None:
        """Make what must be there before it starts; nothing when it is there."""
        ...

    def probe(self, pid: int, ports: Ports) -> None:
        """Ask the server itself.

        Raises:
            NotReady: it does not serve yet.
        """
        ...

    def url(self, ports: Ports) -> str:
        """Where clients find it."""
        ...
