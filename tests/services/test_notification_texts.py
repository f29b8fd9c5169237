"""What users are told: every end of a way in words, no step on it, and nothing private anywhere but in the words."""

from __future__ import annotations

import pytest

from studyruntime.events.catalogue import (
    CATALOGUE,
    DocumentFailed,
    DocumentProcessed,
    DocumentUploaded,
    IndexingCompleted,
    IndexingProgress,
    QuizGenerated,
    UserNotification,
)
from studyruntime.events.event import Event, encrypted_fields
from studyservices.notification.hints import LiveEvent, UserHint, decode_hint
from studyservices.notification.texts import notification_text

WHO = {"user_id": "user-1"}
UPLOADED = DocumentUploaded(
    **WHO, document_id="d", filename="my diagnosis.pdf", file_size=1, content_type="application/pdf"
)


@pytest.mark.parametrize(
    ("event", "title", "message"),
    [
        (DocumentProcessed(**WHO, document_id="d", character_count=1200), "Document read", "1,200 characters"),
        (DocumentFailed(**WHO, document_id="d", error="No text."), "could not be read", "No text."),
        (IndexingCompleted(**WHO, document_id="d", chunk_count=1), "can be searched", "1 passage."),
        (QuizGenerated(**WHO, quiz_id="q", question_count=3), "Quiz ready", "3 questions"),
        (UserNotification(**WHO, notification_type="x", title="Hello", message="There"), "Hello", "There"),
    ],
)
def test_every_end_is_told_in_words(event: Event, title: str, message: str) -> None:
    text = notification_text(event)

    assert text is not None
    assert title in text.title
    assert message in text.message


@pytest.mark.parametrize("event", [UPLOADED, IndexingProgress(**WHO, document_id="d", progress=50)])
def test_a_step_on_the_way_is_not(event: Event) -> None:
    assert notification_text(event) is None


def test_whatever_fails_is_told() -> None:
    failures = [model for name, model in CATALOGUE.items() if name.value.endswith(".failed")]

    assert len(failures) == 3
    for model in failures:
        subject = {model.key_field: "x"}
        assert notification_text(model.model_validate({**WHO, **subject, "error": "why"})) is not None


def test_a_hint_carries_nothing_private() -> None:
    hint = UserHint(user_id="user-1", event=LiveEvent.of(UPLOADED))

    assert b"diagnosis" not in hint.encode()
    assert "filename" in encrypted_fields(DocumentUploaded)
    assert hint.event.data["document_id"] == "d"
    assert hint.event.subject == "document/d"


def test_a_hint_arrives_as_it_was_sent_and_another_broadcast_is_no_hint() -> None:
    hint = UserHint(user_id="user-1", event=LiveEvent.of(UPLOADED))

    assert decode_hint(hint.encode()) == hint
    assert decode_hint(b"{}") is None
    assert decode_hint(b"\xff") is None
