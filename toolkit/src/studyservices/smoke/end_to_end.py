"""What a user does: upload a document, and see on a WebSocket that it was read, indexed and made into a quiz.

Everything goes through the platform's own address, as users reach it. Only the notifications of this user, which nobody
can ask to be removed, are removed in the database.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import delete
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from studyruntime.database import Database
from studyruntime.errors import Unavailable
from studyservices.models import Notification
from studyservices.smoke.findings import Deadline, Finding, NobodyThere, Wrong, always, find, require_somebody
from studyservices.surroundings import Surroundings
from studyservices.tokens import Audience, TokenSigner

PROBE = "end-to-end"
NAME = "upload to notification"
GOOD = ("document.processed", "indexing.completed", "quiz.generated")
BAD = ("document.failed", "indexing.failed", "quiz.generation.failed")
REQUEST_SECONDS = 10.0
RESERVE_SECONDS = 2.0
"""Kept for cleaning up."""
TEXT = """Photosynthesis turns light into sugar. Chlorophyll in the leaves absorbs red and blue light.
Water is split in the thylakoid membranes, and oxygen leaves the leaf through its stomata.
The Calvin cycle binds carbon dioxide and builds glucose from it. Enzymes called rubisco start this cycle.
Roots take up water and minerals. Starch stores the glucose that a plant does not need at once."""


@dataclass(frozen=True)
class Traveller:
    """A user that exists for one smoke test."""

    base_url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self.token}", "User-Agent": "study-smoke"}

    def client(self) -> httpx.Client:
        """For requests."""
        return httpx.Client(base_url=self.base_url, headers=self.headers, timeout=REQUEST_SECONDS)

    def socket(self) -> ClientConnection:
        """For what he is told."""
        url = self.base_url.replace("http", "ws", 1)
        return connect(f"{url}/ws", additional_headers=self.headers, open_timeout=REQUEST_SECONDS, proxy=None)


def ask_end_to_end(surroundings: Surroundings, deadline: Deadline, base_url: str) -> Iterator[Finding]:
    """One finding."""
    yield find(PROBE, NAME, partial(_travel, surroundings, deadline, base_url.rstrip("/")))


def _travel(surroundings: Surroundings, deadline: Deadline, base_url: str) -> str:
    if not base_url:
        raise NobodyThere("SMOKE_BASE_URL is not set: nobody knows where users reach the platform")
    parts = urlsplit(base_url)
    require_somebody(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    user_id = f"smoke-{uuid.uuid4().hex[:12]}"
    signer = TokenSigner(surroundings.settings.require_session_signing_key().get_secret_value())
    traveller = Traveller(base_url, signer.sign(user_id, Audience.API, lifetime_seconds=deadline.seconds + 60))
    with always(partial(_forget, surroundings, user_id)), traveller.client() as client:
        return _upload_and_wait(client, traveller, deadline)


def _upload_and_wait(client: httpx.Client, traveller: Traveller, deadline: Deadline) -> str:
    try:
        with traveller.socket() as socket:
            _receive(socket, deadline, "the greeting of the socket")
            document_id = _upload(client)
            with always(partial(_remove, client, document_id)):
                _wait(socket, deadline)
            return f"a document became a quiz after {deadline.seconds - deadline.left_seconds:.1f} s"
    except InvalidStatus as refused:
        raise Wrong(f"the socket is answered {refused.response.status_code}") from refused
    except (OSError, WebSocketException) as broken:
        raise Wrong(f"the socket broke: {broken or type(broken).__name__}") from broken


def _upload(client: httpx.Client) -> str:
    file = {"file": ("smoke.txt", TEXT.encode(), "text/plain")}
    answer = _answered(client, "POST", "/api/documents", files=file, data={"quiz_questions": "1"})
    if answer.status_code != httpx.codes.ACCEPTED:
        raise Wrong(f"an upload is answered {answer.status_code}: {answer.text[:200]}")
    return str(answer.json()["id"])


def _wait(socket: ClientConnection, deadline: Deadline) -> None:
    """Until everything was told: the quiz at last, the steps before it in whatever order they come."""
    missing = set(GOOD)
    while missing:
        message = _receive(socket, deadline, f"a notification of {', '.join(sorted(missing))}")
        if message.get("type") != "notification":
            continue
        notification = message["notification"]
        if notification["kind"] in BAD:
            raise Wrong(f"{notification['title']}: {notification['message']}")
        missing.discard(notification["kind"])


def _receive(socket: ClientConnection, deadline: Deadline, what: str) -> Mapping[str, Any]:
    try:
        message: Mapping[str, Any] = json.loads(socket.recv(max(0.0, deadline.left_seconds - RESERVE_SECONDS)))
    except TimeoutError as late:
        raise Wrong(f"{what} did not come within {deadline.seconds - RESERVE_SECONDS:.0f} s") from late
    return message


def _remove(client: httpx.Client, document_id: str) -> None:
    answer = _answered(client, "DELETE", f"/api/documents/{document_id}")
    if answer.status_code not in {httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND}:
        raise Unavailable("the API", f"removing the document is answered {answer.status_code}")


def _answered(client: httpx.Client, method: str, path: str, **content: Any) -> httpx.Response:
    try:
        return client.request(method, path, **content)
    except httpx.HTTPError as error:
        raise Unavailable("the API", f"{method} {path}: {type(error).__name__}: {error}") from error


def _forget(surroundings: Surroundings, user_id: str) -> None:
    database = Database(surroundings.settings.require_database(), application="smoke")
    with closing(database), database.primary_session() as session:
        session.execute(delete(Notification).where(Notification.user_id == user_id))
