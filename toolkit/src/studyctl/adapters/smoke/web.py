"""Ask an HTTP server, and know the difference between a bad answer and no way to it."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BODY_BYTES = 1_000_000
CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Door:
    """Where to knock. `host` is who is asked for; `address` and `port` are where it is reached."""

    host: str
    address: str
    port: int
    is_tls: bool = True

    @property
    def url(self) -> str:
        """As people write it."""
        standard = 443 if self.is_tls else 80
        port = "" if self.port == standard else f":{self.port}"
        return f"{'https' if self.is_tls else 'http'}://{self.host}{port}"


@dataclass(frozen=True)
class WebAnswer:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """A header, whatever its case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


class Unreached(Exception):
    """There is no way to it from here: no such name, nobody listens, or nothing comes back while connecting."""


class Broken(Exception):
    """It was reached and does not answer as it must: no valid certificate, no answer in time, or nonsense."""


def ask(door: Door, path: str, *, timeout_seconds: float, headers: Mapping[str, str] | None = None) -> WebAnswer:
    """GET one path; redirects are answers.

    Raises:
        Unreached: nobody could be asked.
        Broken: somebody was asked, and there was no proper answer.
    """
    try:
        raw = socket.create_connection((door.address, door.port), timeout=min(CONNECT_SECONDS, timeout_seconds))
    except OSError as nobody:
        raise Unreached(f"{door.address}:{door.port}: {nobody}") from nobody
    raw.settimeout(timeout_seconds)
    connection = http.client.HTTPConnection(door.host, door.port, timeout=timeout_seconds)
    try:
        connection.sock = _secured(raw, door) if door.is_tls else raw
        connection.request("GET", path, headers={"User-Agent": "studyctl-smoke", **(headers or {})})
        answer = connection.getresponse()
        return WebAnswer(answer.status, dict(answer.getheaders()), answer.read(MAX_BODY_BYTES))
    except TimeoutError as late:
        raise Broken(f"no answer from {door.url}{path} within {timeout_seconds:.0f} s") from late
    except (OSError, http.client.HTTPException) as broken:
        raise Broken(f"{door.url}{path}: {broken or type(broken).__name__}") from broken
    finally:
        connection.close()
        raw.close()


def _secured(raw: socket.socket, door: Door) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=door.host)
