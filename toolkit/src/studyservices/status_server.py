"""Serves a process's pages on METRICS_PORT, from a thread of its own, in every role."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from studyservices.edge import RELEASE_HEADER
from studyservices.status import Status
from studyservices.surroundings import Surroundings

POLL_SECONDS = 0.2


class StatusServer:
    """Serves while the `with` block runs. No user reaches this port: only containers, balancers and Prometheus ask."""

    def __init__(self, surroundings: Surroundings, status: Status) -> None:
        service = surroundings.settings.service

        class Handler(BaseHTTPRequestHandler):
            """Answers GET and nothing else, and logs nothing: it is asked all the time."""

            def do_GET(self) -> None:
                """Answer with the page at the path."""
                answer = status.answer(self.path.partition("?")[0])
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.send_header(RELEASE_HEADER, service.version)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((surroundings.options.bind_address, service.metrics_port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="status", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
