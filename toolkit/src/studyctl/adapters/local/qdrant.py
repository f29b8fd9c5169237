"""The stand-in for Qdrant as a local server."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from studyctl.adapters.local import python_module
from studyctl.adapters.local.errors import ProgramMissing
from studyctl.adapters.local.http_probe import require_ok
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports
from studyctl.errors import UsageError

KEY_VARIABLE = "QDRANT__SERVICE__API_KEY"
"""The name that the real server reads it from."""


@dataclass(frozen=True)
class Qdrant:
    """The settings of one stand-in. Callers need the key.

    It writes no more than `volume_bytes`, if that is said, and holds each answer back for `delay_seconds`.
    """

    folder: Path
    api_key: str = field(repr=False)
    port: int = 0
    name: str = "qdrant"
    volume_bytes: int | None = None
    delay_seconds: float = 0.0
    other_ports: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    def __post_init__(self) -> None:
        if not self.api_key.isascii() or not self.api_key.isprintable():
            raise UsageError("Qdrant's API key is sent in a header", hint="Use printable ASCII characters only.")

    @property
    def data(self) -> Path:
        """Its collections."""
        return self.folder / "data"

    def launch(self, ports: Ports) -> Launch:
        """Its own process of this interpreter."""
        limit = () if self.volume_bytes is None else ("--volume-bytes", str(self.volume_bytes))
        delay = ("--delay-seconds", f"{self.delay_seconds:g}") if self.delay_seconds else ()
        options = ("--port", str(ports[MAIN]), "--data", str(self.data), *limit, *delay)
        return Launch(
            arguments=python_module.command("studyctl.adapters.local.qdrant_standin", *options),
            environment={**python_module.environment(), KEY_VARIABLE: self.api_key},
        )

    def prepare(self) -> None:
        """Make the data folder.

        Raises:
            ProgramMissing: the engine is not installed.
        """
        if find_spec("qdrant_edge") is None:
            raise ProgramMissing(
                "Qdrant's engine is not installed",
                why="The stand-in for Qdrant is built on the package qdrant-edge-py.",
                hint='Install it: pip install "studyctl[local]"',
            )
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  only ours knows the key
        """Ask something that needs the key."""
        require_ok(ports[MAIN], "/collections", headers={"api-key": self.api_key})

    def url(self, ports: Ports) -> str:
        """Where clients find it."""
        return f"http://{HOST}:{ports[MAIN]}"
