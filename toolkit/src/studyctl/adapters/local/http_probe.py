"""One HTTP question to a server of this machine, for finding out whether it serves."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field

from studyctl.adapters.local.errors import NotReady
from studyctl.adapters.local.ports import HOST

TIMEOUT_SECONDS = 5.0
SHOWN_BYTES = 200


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def ask(
    port: int,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """Ask once, without redirects and without the proxy of the shell.

    Raises:
        NotReady: nothing answers, or not in HTTP.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_seconds)
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read(), {name.lower(): value for name, value in response.getheaders()})
    except (OSError, http.client.HTTPException) as error:
        raise NotReady(f"no answer to {method} {path}: {type(error).__name__}: {error}") from error
    finally:
        connection.close()


def require_ok(port: int, path: str, *, headers: Mapping[str, str] | None = None) -> None:
    """Ask for a 2xx.

    Raises:
        NotReady: it is another status, or no answer at all.
    """
    answer = ask(port, path, headers=headers)
    if answer.status // 100 != 2:  # noqa: PLR2004  the class of success
        shown = answer.body[:SHOWN_BYTES].decode(errors="replace").strip()
        raise NotReady(f"GET {path} is answered with {answer.status}: {shown}")
