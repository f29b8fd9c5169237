"""The services as processes, each told of the same servers, and a user who drives them as users do."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
from tests.support.servers.process import HOST, ServerProcess, free_port
from websockets.sync.client import ClientConnection, connect

from studyservices.tokens import Audience, TokenSigner

SIGNING_KEY = "a key of these tests that is long enough to sign with"
RELEASE = "test-release"
REQUEST_SECONDS = 90.0
STOP_SECONDS = 120.0


class Service(ServerProcess):
    """One process of one role."""

    def __init__(
        self, role: str, folder: Path, variables: Mapping[str, str], is_ready: Callable[[Service], bool]
    ) -> None:
        super().__init__(folder)
        self._is_ready = is_ready
        self.role = role
        self.metrics_port = free_port()
        self._variables = {
            "SERVICE_VERSION": RELEASE,
            "SESSION_SIGNING_KEY": SIGNING_KEY,
            "LOG_LEVEL": "info",
            **variables,
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
        }

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "studyservices", self.role]

    def environment(self) -> Mapping[str, str]:
        return self._variables

    @property
    def url(self) -> str:
        """Where users reach it."""
        return f"http://{HOST}:{self.port}"

    def answers(self) -> bool:
        return self._is_ready(self)

    def is_ready(self) -> bool:
        """Whether it says that it can do its work."""
        serves_users = self.role in ("api", "notification")
        return self.health("ready", self.port if serves_users else self.metrics_port) == http.HTTPStatus.OK

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return at once."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for its end; how it ended."""
        assert self._process is not None, "not started"
        process, self._process = self._process, None
        return process.wait(STOP_SECONDS)

    def kill_with_children(self) -> None:
        """Kill it and every child without a chance to write anything (-9)."""
        assert self._process is not None, "not started"
        os.killpg(self._process.pid, signal.SIGKILL)
        self.kill()

    def kill_children(self) -> None:
        """Kill what it forked, as the kernel does when memory is short; it lives on."""
        for child in psutil.Process(self.pid).children():
            child.kill()

    def health(self, kind: str, port: int | None = None) -> int:
        """The status that a health check gets; 0 when nobody answers."""
        connection = http.client.HTTPConnection(HOST, port or self.metrics_port, timeout=REQUEST_SECONDS)
        try:
            connection.request("GET", f"/health/{kind}")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


class User:
    """Somebody with a bearer token."""

    def __init__(
        self,
        api_url: str,
        notification_url: str,
        *,
        same_as: User | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A new user, or one who is at a second place; `headers` take the place of his token."""
        self.id: str = same_as.id if same_as else f"user-{uuid.uuid4().hex[:12]}"
        token = TokenSigner(SIGNING_KEY).sign(self.id, Audience.API, lifetime_seconds=3600)
        self._headers = {"Authorization": f"Bearer {token}"} if headers is None else dict(headers)
        self.api = httpx.Client(base_url=api_url, headers=self._headers, timeout=REQUEST_SECONDS)
        self.notification = httpx.Client(base_url=notification_url, headers=self._headers, timeout=REQUEST_SECONDS)

    def __enter__(self) -> User:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.notification.close()

    def upload(self, data: bytes, name: str = "notes.txt", content_type: str = "text/plain", **form: str) -> str:
        """Upload a document; its id."""
        answer = self.api.post("/api/documents", files={"file": (name, data, content_type)}, data=form)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return str(answer.json()["id"])

    def document(self, document_id: str) -> dict[str, Any]:
        """A document and its quizzes."""
        answer = self.api.get(f"/api/documents/{document_id}")
        assert answer.status_code == httpx.codes.OK, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def socket(self, query: str = "") -> ClientConnection:
        """A WebSocket, with the bearer token as a header."""
        url = str(self.notification.base_url).replace("http", "ws", 1).rstrip("/")
        return connect(f"{url}/ws{query}", additional_headers=self._headers, proxy=None)
