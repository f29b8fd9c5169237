"""The container's own health check: ask the process beside us whether it lives. Imports nothing but what that takes."""

from __future__ import annotations

import argparse
import http.client
from collections.abc import Mapping

HOST = "127.0.0.1"
PATH = "/health/live"
DEFAULT_METRICS_PORT = "9100"
TIMEOUT_SECONDS = 4.0


def is_alive(environ: Mapping[str, str]) -> bool:
    """Whether the role that runs in this container says so, on the port where each role says it."""
    port = int(environ.get("METRICS_PORT") or DEFAULT_METRICS_PORT)
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run(_arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """0 when it does, as a container's health check wants it."""
    return 0 if is_alive(environ) else 1
