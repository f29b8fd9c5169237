from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from cloudevents.conversion import from_json, to_json
from cloudevents.http import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.events.strategies import events

from studyruntime.errors import ConfigurationError, InvalidEvent
from studyruntime.events.catalogue import DocumentProcessed, DocumentUploaded
from studyruntime.events.codec import EventCodec, NewerEventVersion, UnknownEventType
from studyruntime.events.encryption import FieldCipher
from studyruntime.events.event import Event, Upcast
from studyruntime.events.kinds import EventType

CIPHER = FieldCipher.parse("the first key of the tests")
CODEC = EventCodec(CIPHER)
UPLOADED = DocumentUploaded(
    user_id="user123", document_id="doc456", filename="Ada.pdf", file_size=1, content_type="application/pdf"
)
PROCESSED = DocumentProcessed(user_id="user123", document_id="doc456", page_count=3)


def envelope_of(event: Event, **changes: Any) -> dict[str, Any]:
    return {**json.loads(CODEC.encode(event)), **changes}


@given(events)
def test_every_event_survives_the_way(event: Event) -> None:
    assert CODEC.decode(CODEC.encode(event)) == event


@given(events)
def test_every_event_is_a_cloud_event_for_the_sdk(event: Event) -> None:
    seen = from_json(CloudEvent, CODEC.encode(event))

    assert (seen["id"], seen["type"], seen["source"]) == (event.event_id, event.event_type.value, event.source)
    assert seen["dataschema"] == f"urn:study-ai:event:{event.event_type.value}:1"
    assert seen.data["user_id"] == event.user_id


@given(events)
def test_what_the_sdk_writes_is_read(event: Event) -> None:
    seen = from_json(CloudEvent, CODEC.encode(event))

    assert CODEC.decode(to_json(seen)) == event


def test_marked_fields_are_not_readable_on_the_way() -> None:
    payload = CODEC.encode(UPLOADED)

    assert b"Ada.pdf" not in payload
    assert CODEC.decode(payload) == UPLOADED


def test_without_a_key_marked_fields_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"filename.*may only travel encrypted"):
        EventCodec().encode(UPLOADED)


def test_a_laptop_may_send_them_as_they_are() -> None:
    codec = EventCodec(allows_plaintext=True)

    assert b"Ada.pdf" in codec.encode(UPLOADED)
    assert codec.decode(codec.encode(UPLOADED)) == UPLOADED


def test_events_without_marked_fields_need_no_key() -> None:
    assert EventCodec().decode(EventCodec().encode(PROCESSED)) == PROCESSED


def test_an_encrypted_event_needs_the_key() -> None:
    with pytest.raises(InvalidEvent, match="no key"):
        EventCodec().decode(CODEC.encode(UPLOADED))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_event_are_refused(payload: bytes) -> None:
    with pytest.raises(InvalidEvent, match="no event"):
        CODEC.decode(payload)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"time": "2026-01-01T00:00:00"}, "time"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"dataschema": "urn:study-ai:event:document.failed:1"}, "schema"),
        ({"dataschema": "urn:study-ai:event:document.processed:zero"}, "schema"),
        ({"dataschema": "urn:study-ai:event:document.processed:0"}, "schema"),
        ({"data": {"user_id": "user123"}}, "document_id"),
        ({"data": {"user_id": "user123", "document_id": "d", "page_count": -1}}, "page_count"),
        ({"data": "text"}, "data"),
    ],
)
def test_an_envelope_or_data_that_is_wrong_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidEvent, match=reason):
        CODEC.decode(json.dumps(envelope_of(PROCESSED, **changes)).encode())


def test_what_is_wrong_is_told_without_the_value() -> None:
    data = {"user_id": "user123", "document_id": "d", "page_count": "my private words"}

    with pytest.raises(InvalidEvent) as refusal:
        CODEC.decode(json.dumps(envelope_of(PROCESSED, data=data)).encode())

    assert "my private words" not in str(refusal.value)


def test_fields_that_a_newer_release_added_are_ignored() -> None:
    data = {"user_id": "user123", "document_id": "doc456", "page_count": 3, "language": "en"}

    assert CODEC.decode(json.dumps(envelope_of(PROCESSED, data=data)).encode()) == PROCESSED


def test_data_cannot_pass_for_the_envelope() -> None:
    data = {"user_id": "user123", "document_id": "doc456", "event_id": "forged"}

    assert CODEC.decode(json.dumps(envelope_of(PROCESSED, data=data)).encode()).event_id == PROCESSED.event_id


def test_an_unknown_type_is_told_apart() -> None:
    payload = envelope_of(PROCESSED, type="document.shredded", dataschema="urn:study-ai:event:document.shredded:1")

    with pytest.raises(UnknownEventType, match="shredded"):
        CODEC.decode(json.dumps(payload).encode())


class DocumentProcessedThree(DocumentProcessed):
    """A later release: version 2 renamed `pages`, version 3 made the language known."""

    version: ClassVar[int] = 3
    upcasts: ClassVar[dict[int, Upcast]] = {
        1: lambda data: {**data, "page_count": data.pop("pages")},
        2: lambda data: {**data, "language": "en"},
    }
    language: str


LATER = EventCodec(CIPHER, catalogue={EventType.DOCUMENT_PROCESSED: DocumentProcessedThree})


@pytest.mark.parametrize(
    ("version", "data"), [(1, {"pages": 7}), (2, {"page_count": 7}), (3, {"page_count": 7, "language": "en"})]
)
def test_older_versions_are_brought_up_to_date(version: int, data: dict[str, Any]) -> None:
    payload = envelope_of(
        PROCESSED,
        dataschema=f"urn:study-ai:event:document.processed:{version}",
        data={"user_id": "user123", "document_id": "doc456", **data},
    )

    event = LATER.decode(json.dumps(payload).encode())

    assert event.model_dump(include={"page_count", "language"}) == {"page_count": 7, "language": "en"}


def test_a_newer_version_is_left_to_a_newer_consumer() -> None:
    newer = DocumentProcessedThree(user_id="user123", document_id="doc456", page_count=7, language="en")

    with pytest.raises(NewerEventVersion, match=r"version 3.*reads up to version 1"):
        CODEC.decode(LATER.encode(newer))


def test_a_version_without_a_way_up_is_refused() -> None:
    class Forgetful(DocumentProcessedThree):
        upcasts: ClassVar[dict[int, Upcast]] = {2: DocumentProcessedThree.upcasts[2]}

    codec = EventCodec(CIPHER, catalogue={EventType.DOCUMENT_PROCESSED: Forgetful})

    with pytest.raises(InvalidEvent, match="version 1 is no longer read"):
        codec.decode(CODEC.encode(PROCESSED))
