"""How a process says how it is: /metrics and /health on METRICS_PORT, from a thread of its own, in every role."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from studyruntime.metrics import Metrics
from studyservices.draining import Draining
from studyservices.surroundings import Surroundings

Check = Callable[[], object]


class StatusServer:
    """Serves while the `with` block runs."""

    def __init__(
        self,
        surroundings: Surroundings,
        metrics: Metrics | None = None,
        checks: Mapping[str, Check] | None = None,
        draining: Draining | None = None,
    ) -> None:
        self.status = Status(surroundings, metrics or Metrics(), checks or {}, draining)
        status = self.status

        class Handler(BaseHTTPRequestHandler):
            """Answers GET and nothing else, and logs nothing: it is asked all the time."""

            def do_GET(self) -> None:
                code, content_type, body = status.answer(self.path.partition("?")[0])
                self.send_response(code)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(
            (surroundings.options.bind_address, surroundings.settings.service.metrics_port), Handler
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="status", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class Status:
    """What is answered to whom."""

    def __init__(
        self, surroundings: Surroundings, metrics: Metrics, checks: Mapping[str, Check], draining: Draining | None
    ) -> None:
        self._draining = draining
        self._surroundings = surroundings
        self._metrics = metrics
        self._checks = checks

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, type and body of the answer."""
        if path == "/metrics":
            return HTTPStatus.OK, Metrics.content_type, self._metrics.exposition()
        if path.startswith("/health") and self._surroundings.fault.breaks_health:
            return _json(HTTPStatus.INTERNAL_SERVER_ERROR, {"status": "broken on purpose"})
        if path == "/health/live":
            return _json(HTTPStatus.OK, {"status": "alive"})
        if path in ("/health", "/health/ready"):
            if self._draining is not None and self._draining.has_begun:
                return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "draining"})
            found = {name: _ask(check) for name, check in self._checks.items()}
            is_ready = not any(found.values())
            status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            return _json(status, {"status": "ready" if is_ready else "not ready", "dependencies": found})
        return _json(HTTPStatus.NOT_FOUND, {"status": "no such page"})


def _ask(check: Check) -> str | None:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the dependency is not well
        return type(error).__name__
    return None


def _json(status: HTTPStatus, body: Mapping[str, Any]) -> tuple[HTTPStatus, str, bytes]:
    return status, "application/json", json.dumps(body).encode()
