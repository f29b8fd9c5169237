"""What a process answers about itself: how it is, what it did, and which release it is. The same on every port."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from studyruntime.health import HealthChecks
from studyruntime.metrics import Metrics
from studyservices.surroundings import Surroundings
from studyservices.version import APP_VERSION

JSON = "application/json"
PATHS = ("/health", "/health/live", "/health/ready", "/version")


@dataclass(frozen=True)
class Answer:
    """An answer to a GET."""

    status: HTTPStatus
    content_type: str
    body: bytes


class Status:
    """The pages of a process. Safe for threads; a page may take as long as the slowest dependency."""

    def __init__(
        self,
        surroundings: Surroundings,
        health: HealthChecks,
        metrics: Metrics,
        measure: Callable[[], None] = lambda: None,
    ) -> None:
        self._surroundings = surroundings
        self._health = health
        self._metrics = metrics
        self._measure = measure

    def answer(self, path: str) -> Answer:
        """The page at `path`."""
        if path.startswith("/health") and self._surroundings.fault.breaks_health:
            return _json(HTTPStatus.INTERNAL_SERVER_ERROR, {"status": "broken on purpose"})
        match path:
            case "/health/live":
                return _json(HTTPStatus.OK, self._health.live())
            case "/health" | "/health/ready":
                report = self._health.ready()
                return _json(report.status, report.to_json())
            case "/version":
                return _json(HTTPStatus.OK, self._version())
            case "/metrics":
                self._health.ready()  # else what is told of dependencies is as old as the last who asked
                self._measure()
                return Answer(HTTPStatus.OK, Metrics.content_type, self._metrics.exposition())
            case _:
                return _json(HTTPStatus.NOT_FOUND, {"status": "no such page"})

    def _version(self) -> dict[str, str]:
        service = self._surroundings.settings.service
        return {
            "service": service.name,
            "release": service.version,
            "app_version": APP_VERSION,
            "commit": self._surroundings.options.commit,
        }


def _json(status: HTTPStatus, body: Mapping[str, Any]) -> Answer:
    return Answer(status, JSON, json.dumps(body).encode())
