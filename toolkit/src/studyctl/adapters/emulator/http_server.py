"""HTTP as the AWS SDKs speak it: connections are kept, and an answer is sent in one piece.

werkzeug's own handler closes the connection after every answer. With it the provider was seen to lose one answer in
300 on a busy machine and to repeat the call, and a creation that is repeated fails with "already exists".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.test import run_wsgi_app

from studyctl.adapters.emulator.calls import buffer_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger("studyctl.emulator")

_WITHOUT_BODY = frozenset({204, 304})


class RequestHandler(MotoRequestHandler):
    """One connection: many requests, each read whole, answered whole."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # headers and body of most answers leave together, when they are flushed

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        self.environ = environ = self.make_environ()
        try:
            buffer_body(environ)
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            self._send(status, list(headers), b"".join(chunks))
        except (ConnectionError, TimeoutError) as error:
            self.close_connection = True
            self.connection_dropped(error, environ)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Keep werkzeug's errors, drop its access log."""
        if type == "error":
            log.error(message, *args)

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Say whose answer was not taken."""
        if environ is not None:
            log.warning("a caller left %s %s: %r", environ["REQUEST_METHOD"], environ["PATH_INFO"], error)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        is_bodyless = int(code) in _WITHOUT_BODY
        self.send_response(int(code), reason)
        names = set()
        for name, value in headers:
            names.add(name.lower())
            self.send_header(name, value)
        if "content-length" not in names and not is_bodyless:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and not is_bodyless:
            self.wfile.write(body)
        self.wfile.flush()
