"""Somebody who uploads documents through the platform's balancer and looks how they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import httpx
from tests.support.study_text import STUDY_TEXT
from tests.support.until import until

from studyservices.tokens import Audience, TokenSigner

ASK_SECONDS = 60.0
PATIENCE_SECONDS = 900.0
LOOK_SECONDS = 2.0
"""Who asks much more often is turned away."""
TOKEN_SECONDS = 24 * 3600

wait = partial(until, longest_seconds=PATIENCE_SECONDS, poll_seconds=LOOK_SECONDS)
"""For what takes as long as a busy machine lets it take."""


@dataclass(frozen=True)
class Student:
    """One user of a platform."""

    client: httpx.Client

    @classmethod
    def of(cls, url: str, signing_key: str, name: str = "anna") -> Student:
        """A user of the platform behind a balancer, with a token of his own."""
        token = TokenSigner(signing_key).sign(name, Audience.API, lifetime_seconds=TOKEN_SECONDS)
        return cls(httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=ASK_SECONDS))

    def upload(self, name: str) -> str:
        """Upload a document of its own; its id."""
        files = {"file": (f"{name}.txt", f"{name}. {STUDY_TEXT}".encode(), "text/plain")}
        answer = self.client.post("/api/documents", files=files)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return str(answer.json()["id"])

    def ask_for_index(self, document_id: str) -> None:
        """Have a document that failed tried again."""
        answer = self.client.post(f"/api/documents/{document_id}/index")
        assert answer.is_success, answer.text

    def await_status(self, document_id: str, status: str) -> None:
        """Until a document has come so far."""
        wait(lambda: self._status_of(document_id) == status, f"the document to be {status}")

    def _status_of(self, document_id: str) -> str:
        """Nothing while the platform does not answer."""
        answer = self.client.get(f"/api/documents/{document_id}")
        return str(answer.json()["document"]["status"]) if answer.is_success else ""
