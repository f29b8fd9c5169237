"""Caddy: the process. What it routes is decided by `balancer` while it runs."""

from __future__ import annotations

import json
import shutil
import signal
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from studyctl.adapters.local.errors import ProgramMissing
from studyctl.adapters.local.http_probe import require_ok
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports

ADMIN = "admin"
CONFIGURATION = "caddy.json"
ACCESS_LOG = "access.log"


@dataclass(frozen=True)
class Caddy:
    """The settings of one load balancer. It begins without routes: every request gets a 404."""

    folder: Path
    port: int = 0
    name: str = "balancer"
    other_ports: tuple[str, ...] = (ADMIN,)
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path | None:
        """It keeps nothing."""
        return None

    def launch(self, ports: Ports) -> Launch:
        """It writes nowhere but into its folder."""
        path = self.folder / CONFIGURATION
        beginning = configuration(ports, self.folder / ACCESS_LOG, routes=[])
        return Launch(
            arguments=(str(find_program()), "run", "--config", str(path)),
            environment={"XDG_CONFIG_HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)},
            files={path: json.dumps(beginning, indent=2) + "\n"},
        )

    def prepare(self) -> None:
        """Nothing has to be there."""

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  it ends when a port is not its own
        """Ask its admin port for the configuration, which it has only once it listens."""
        require_ok(ports[ADMIN], "/config/apps")

    def url(self, ports: Ports) -> str:
        """Where requests go."""
        return f"http://{HOST}:{ports[MAIN]}"


def configuration(ports: Ports, access_log: Path, *, routes: list[dict[str, object]]) -> dict[str, object]:
    """All of Caddy's configuration. Both of its ports are on 127.0.0.1, and it looks for no certificate."""
    unmatched = {"handle": [{"handler": "static_response", "status_code": 404, "body": "no route leads there\n"}]}
    access = {"output": "file", "filename": str(access_log), "mode": "0600", "roll_size_mb": 10, "roll_keep": 2}
    return {
        "admin": {"listen": f"{HOST}:{ports[ADMIN]}", "config": {"persist": False}},
        "logging": {
            "logs": {
                "default": {"exclude": ["http.log.access"]},
                "access": {"include": ["http.log.access"], "writer": access, "encoder": {"format": "json"}},
            }
        },
        "apps": {
            "http": {
                "servers": {
                    "public": {
                        "listen": [f"{HOST}:{ports[MAIN]}"],
                        "automatic_https": {"disable": True},
                        "logs": {"should_log_credentials": False},
                        "routes": [*routes, unmatched],
                    }
                }
            }
        },
    }


@cache
def find_program() -> Path:
    """Caddy on PATH, else the package's, which installs it beside the interpreter.

    Raises:
        ProgramMissing: there is neither.
    """
    places = (shutil.which("caddy"), shutil.which("caddy", path=sysconfig.get_path("scripts")))
    for place in places:
        if place is not None:
            return Path(place)
    raise ProgramMissing("Caddy is not on this machine", hint='Install the package: pip install "studyctl[local]"')
