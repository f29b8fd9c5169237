"""Prometheus and Alertmanager (Debian's packages) as local servers: they watch the services of this machine."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyctl.adapters.local.errors import ProgramMissing
from studyctl.adapters.local.http_probe import require_ok
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports

READY_PATH = "/-/ready"
RULES, CONFIGURATION = "rules.json", "configuration.json"
"""JSON is YAML too."""


@dataclass(frozen=True)
class Prometheus:
    """The settings of one Prometheus. `targets` are metrics ports by service; with a new one it starts anew."""

    folder: Path
    rules: Mapping[str, Any]
    targets: Mapping[str, int]
    alertmanager_port: int
    scrape_seconds: float
    name: str = "prometheus"
    port: int = 0
    other_ports: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path:
        """Its time series."""
        return self.folder / "data"

    def launch(self, ports: Ports) -> Launch:
        """Rules and targets are in files that are written before."""
        configuration, rules = self.folder / CONFIGURATION, self.folder / RULES
        return Launch(
            arguments=(
                str(find_program("prometheus")),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={self.data}",
                "--storage.tsdb.retention.time=1d",
                f"--web.listen-address={HOST}:{ports[MAIN]}",
                "--log.level=warn",
            ),
            files={configuration: json.dumps(self._configuration(rules)), rules: json.dumps(self.rules)},
        )

    def prepare(self) -> None:
        """Make the data folder."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  it ends when a port is not its own
        """It says itself whether it is ready."""
        require_ok(ports[MAIN], READY_PATH)

    def url(self, ports: Ports) -> str:
        """Where people look."""
        return f"http://{HOST}:{ports[MAIN]}"

    def _configuration(self, rules: Path) -> dict[str, Any]:
        interval = f"{round(1000 * self.scrape_seconds)}ms"
        return {
            "global": {
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "evaluation_interval": interval,
                "external_labels": {"environment": "local"},
            },
            "rule_files": [str(rules)],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{self.alertmanager_port}"]}]}]},
            "scrape_configs": [
                {
                    "job_name": "study",
                    "static_configs": [
                        {"targets": [f"{HOST}:{port}"], "labels": {"service": service}}
                        for service, port in self.targets.items()
                    ],
                }
            ],
        }


@dataclass(frozen=True)
class Alertmanager:
    """The settings of one Alertmanager. It tells nobody: what it would tell is seen on its page."""

    folder: Path
    configuration: Mapping[str, Any] = field(repr=False)
    name: str = "alertmanager"
    port: int = 0
    other_ports: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path:
        """Its silences."""
        return self.folder / "data"

    def launch(self, ports: Ports) -> Launch:
        """Alone: it looks for no others of its kind."""
        configuration = self.folder / CONFIGURATION
        return Launch(
            arguments=(
                str(find_program("prometheus-alertmanager", "alertmanager")),
                f"--config.file={configuration}",
                f"--storage.path={self.data}",
                f"--web.listen-address={HOST}:{ports[MAIN]}",
                "--cluster.listen-address=",
                "--log.level=warn",
            ),
            files={configuration: json.dumps(self.configuration)},
        )

    def prepare(self) -> None:
        """Make the data folder."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  it ends when a port is not its own
        """It says itself whether it is ready."""
        require_ok(ports[MAIN], READY_PATH)

    def url(self, ports: Ports) -> str:
        """Where people look."""
        return f"http://{HOST}:{ports[MAIN]}"


def find_program(*names: str) -> Path:
    """The first of these on PATH.

    Raises:
        ProgramMissing: there is none.
    """
    for name in names:
        on_path = shutil.which(name)
        if on_path is not None:
            return Path(on_path)
    raise ProgramMissing(
        f"{names[-1]} is not on this machine",
        why=f"Looked for on PATH: {', '.join(names)}.",
        hint="Install Debian's packages (they start services of their own, which are not needed): "
        "apt-get install prometheus prometheus-alertmanager",
    )
