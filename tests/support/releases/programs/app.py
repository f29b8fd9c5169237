"""A tiny application that stands for an image. Its role is its argument; what it does wrong is said by BEHAVIOUR."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BEHAVIOUR = os.environ.get("BEHAVIOUR", "good")
APP_VERSION = os.environ.get("APP_VERSION", "1")
SLOW_SECONDS = 0.3
COUNTER = itertools.count(1)
PROBES = ("database", "cache", "vectors", "end-to-end")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, version = 200, os.environ.get("SERVICE_VERSION", "none")
        if self.path == "/health/ready":
            status = 500 if BEHAVIOUR == "health-500" else 200
        elif self.path == "/version":
            version = "somebody else" if BEHAVIOUR == "wrong" else version
        elif BEHAVIOUR == "slow":
            time.sleep(SLOW_SECONDS)
        elif BEHAVIOUR == "errors" and next(COUNTER) % 3 == 0:
            status = 500
        body = json.dumps({"app_version": APP_VERSION}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Release", version)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # requests under way are answered before the end
    request_queue_size = 128


def serve() -> None:
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.02)
    server.server_close()


def work() -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    stopping.wait()


def smoke() -> None:
    if BEHAVIOUR == "hangs":
        time.sleep(60)
    health = "unhealthy" if BEHAVIOUR == "sick-inside" else "healthy"
    for probe in PROBES:
        say(json.dumps({"probe": probe, "name": "one", "health": health, "detail": "asked", "seconds": 0.01}))


def migrate() -> None:
    if "--describe" in sys.argv:
        pending = json.loads(os.environ.get("PENDING", "[]"))
        say(json.dumps({"schema": {"app_version": APP_VERSION, "schema_version": "1", "pending": pending}}))
    else:
        say("migrated")
        sys.exit(1 if BEHAVIOUR == "bad-migration" else 0)


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    role = sys.argv[1] if len(sys.argv) > 1 else "api"
    once = {"smoke": smoke, "migrate": migrate}
    if role in once:
        once[role]()
        return
    if BEHAVIOUR == "crash":
        say("ImportError: cannot import name 'quiz'")
        sys.exit(3)
    {"api": serve, "notification": serve}.get(role, work)()


main()
