"""A load balancer in front of local processes, as its users see it: start it, give it routes, ask how targets stand."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.local import python_module
from studyctl.adapters.local.errors import NotReady, ServerNotAnswering
from studyctl.adapters.local.http_probe import Answer, ask, require_ok
from studyctl.adapters.local.load_balancer import documents
from studyctl.adapters.local.load_balancer.health import Health, Standing
from studyctl.adapters.local.load_balancer.process import ACCESS_LOG, ROUTES_PATH, TARGETS_PATH
from studyctl.adapters.local.load_balancer.table import Target
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports, Running
from studyctl.adapters.local.routing import Route
from studyctl.adapters.local.server import Server

__all__ = ["Balancer", "BalancerProgram", "Health", "Standing", "Target"]

CONTROL = "control"
_OK = 200


@dataclass(frozen=True)
class BalancerProgram:
    """The settings of one load balancer. It begins with the routes it had last; without any, all get a 404."""

    folder: Path
    port: int = 0
    name: str = "balancer"
    other_ports: tuple[str, ...] = (CONTROL,)
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path | None:
        """Nothing beside its folder."""
        return None

    def launch(self, ports: Ports) -> Launch:
        """Its own process of this interpreter."""
        options = ("--folder", str(self.folder), "--port", str(ports[MAIN]), "--control-port", str(ports[CONTROL]))
        return Launch(
            arguments=python_module.command("studyctl.adapters.local.load_balancer", *options),
            environment=python_module.environment(),
        )

    def prepare(self) -> None:
        """Nothing has to be there."""

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  it ends when a port is not its own
        """Its control port opens last."""
        require_ok(ports[CONTROL], TARGETS_PATH)

    def url(self, ports: Ports) -> str:
        """Where requests go."""
        return f"http://{HOST}:{ports[MAIN]}"


@dataclass(frozen=True)
class Balancer:
    """A balancer that runs. Any process may hold one; the last `apply` counts."""

    running: Running

    @classmethod
    def start(cls, folder: Path, *, port: int = 0) -> Balancer:
        """Start the balancer of a folder, or find it running; either way with the routes that it had."""
        return cls(Server(BalancerProgram(folder, port)).start())

    @classmethod
    def find(cls, folder: Path) -> Balancer | None:
        """The balancer of a folder, if it runs."""
        running = Server(BalancerProgram(folder)).find()
        return cls(running) if running else None

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.running.url

    @property
    def access_log(self) -> Path:
        """A line of JSON for each request that has ended: time, method, path, status, group, target (its port),
        duration_seconds. It is rolled only when the balancer starts."""
        return self.running.log_path.parent / ACCESS_LOG

    def apply(self, routes: Sequence[Route]) -> None:
        """Replace all routes at once; of several that fit the first counts. No request is refused or cut off by it.

        Requests and WebSockets under way end where they began. A target that stays keeps its standing; a new one is
        asked at once, and gets requests when it is healthy, or when no other target of its group is.

        Raises:
            ServerNotAnswering: the balancer is not there, or did not take them.
        """
        self._ask("PUT", ROUTES_PATH, json.dumps(documents.routes_to_json(routes)).encode())

    def targets(self) -> Mapping[Target, Standing]:
        """How every target stands; names and reasons are those of `DescribeTargetHealth`.

        Raises:
            ServerNotAnswering: the balancer is not there.
        """
        return documents.standings_from_json(json.loads(self._ask("GET", TARGETS_PATH).body))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        try:
            answer = ask(self.running.ports[CONTROL], path, method=method, body=body)
        except NotReady as lacking:
            raise self._fault(str(lacking)) from lacking
        if answer.status != _OK:
            raise self._fault(answer.body.decode(errors="replace"))
        return answer

    def _fault(self, why: str) -> ServerNotAnswering:
        return ServerNotAnswering(
            f"the load balancer at {self.url} did not do as it was told",
            why=why,
            hint=f"Its log: {self.running.log_path}",
        )
