"""A load balancer in front of local processes: routes by path, shares by weight, and asks targets how they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.local.caddy import ACCESS_LOG, ADMIN, Caddy, configuration
from studyctl.adapters.local.errors import NotReady, ServerNotAnswering
from studyctl.adapters.local.http_probe import ask
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import Running
from studyctl.adapters.local.routing import HealthCheck, Route, Share, TargetGroup, shares
from studyctl.adapters.local.server import Server

OPEN_STREAMS_LIVE = "24h"
"""Caddy would otherwise end every WebSocket when routes change."""
_OK = 200


@dataclass(frozen=True)
class Balancer:
    """A balancer that runs, addressed by its admin port. Any process may hold one; the last `apply` counts."""

    running: Running

    @classmethod
    def start(cls, folder: Path, *, port: int = 0) -> Balancer:
        """Start the balancer of a folder, or find it running with the routes that it has."""
        return cls(Server(Caddy(folder, port)).start())

    @classmethod
    def find(cls, folder: Path) -> Balancer | None:
        """The balancer of a folder, if it runs."""
        running = Server(Caddy(folder)).find()
        return cls(running) if running else None

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.running.url

    @property
    def access_log(self) -> Path:
        """A line of JSON for each request that has ended, the oldest first; `duration` is in seconds.

        `group` and `target` say who answered, where somebody was asked.
        """
        return self.running.log_path.parent / ACCESS_LOG

    def apply(self, routes: Sequence[Route]) -> None:
        """Replace all routes, the first that fits counts. Requests under way end where they began; none is refused.

        A target gets requests from now on until it fails its health check, so name it only when it is ready.

        Raises:
            ServerNotAnswering: the balancer is not there, or did not take them.
        """
        document = configuration(self.running.ports, self.access_log, routes=[_route(route) for route in routes])
        try:
            answer = ask(
                self.running.ports[ADMIN],
                "/load",
                method="POST",
                body=json.dumps(document).encode(),
                headers={"Content-Type": "application/json"},
            )
        except NotReady as lacking:
            raise self._fault(str(lacking)) from lacking
        if answer.status != _OK:
            raise self._fault(answer.body.decode(errors="replace").strip())

    def _fault(self, why: str) -> ServerNotAnswering:
        return ServerNotAnswering(
            f"the load balancer at {self.url} did not take its routes",
            why=why,
            hint=f"Its log: {self.running.log_path}",
        )


def is_healthy(port: int, check: HealthCheck) -> bool:
    """Ask one target once, as the balancer does."""
    try:
        return check.expects(ask(port, check.path, timeout_seconds=check.timeout_seconds).status)
    except NotReady:
        return False


def _route(route: Route) -> dict[str, object]:
    handlers = [{"handler": "subroute", "routes": list(_shares(route))}]
    return {"match": [{"path_regexp": {"pattern": route.pattern}}], "handle": handlers, "terminal": True}


def _shares(route: Route) -> Iterator[dict[str, object]]:
    for share in shares(route.groups):
        yield {"handle": list(_handlers(share.group)), "terminal": True, **_match(share)}
    # a route whose groups all have no weight
    yield {"handle": [_nobody()]}


def _match(share: Share) -> dict[str, object]:
    if share.until_hex is None:
        return {}
    # the first eight digits of a random UUID are random, all of them
    return {"match": [{"expression": f"{{http.request.uuid}} < '{share.until_hex}'"}]}


def _handlers(group: TargetGroup) -> Iterator[dict[str, object]]:
    yield {"handler": "log_append", "key": "group", "value": group.name}
    if not group.ports:
        yield _nobody()
        return
    yield {"handler": "log_append", "key": "target", "value": "{http.reverse_proxy.upstream.hostport}"}
    yield {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"{HOST}:{port}"} for port in group.ports],
        "load_balancing": {"selection_policy": {"policy": "round_robin"}},
        "health_checks": {"active": _active(group.health)},
        "stream_close_delay": OPEN_STREAMS_LIVE,
    }


def _active(check: HealthCheck) -> dict[str, object]:
    return {
        "uri": check.path,
        "interval": f"{round(check.interval_seconds * 1000)}ms",
        "timeout": f"{round(check.timeout_seconds * 1000)}ms",
        "passes": check.healthy_threshold,
        "fails": check.unhealthy_threshold,
        "expect_status": check.expected_status,
    }


def _nobody() -> dict[str, object]:
    return {"handler": "static_response", "status_code": 503, "body": "no target serves this\n"}
