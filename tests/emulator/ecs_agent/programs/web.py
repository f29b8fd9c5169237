"""A tiny web service that stands for an image: what it does wrong is said by BEHAVIOUR."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BEHAVIOUR = os.environ.get("BEHAVIOUR", "good")
VERSION = os.environ.get("VERSION", "none")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status = 200
        if self.path.startswith("/health"):
            status = 500 if BEHAVIOUR == "health-500" else 200
        elif BEHAVIOUR == "wrong":
            status = 500
        elif BEHAVIOUR == "slow":
            time.sleep(0.2)
        body = json.dumps({"version": VERSION, "environment": dict(os.environ)}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", VERSION)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # requests under way are answered before the end
    request_queue_size = 128


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def burn() -> None:
    while True:
        pass


def main() -> None:
    say(f"version {VERSION} starts as {BEHAVIOUR}")
    if BEHAVIOUR == "crash":
        sys.exit(3)
    if BEHAVIOUR == "busy":
        threading.Thread(target=burn, daemon=True).start()
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
    if BEHAVIOUR == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.02)
    server.server_close()
    say(f"version {VERSION} says goodbye")


main()
