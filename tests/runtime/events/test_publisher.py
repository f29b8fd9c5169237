from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import ValidationError
from tests.runtime.events.conftest import CODEC, EventBus

from studyruntime.config import BrokerSettings, ServiceSettings, Settings
from studyruntime.errors import ConfigurationError
from studyruntime.events.access import ChannelAccess, ChannelForbidden
from studyruntime.events.building import build_codec, build_publisher
from studyruntime.events.catalogue import CATALOGUE, DocumentProcessing, DocumentUploaded, QuizGenerated
from studyruntime.events.event import METADATA_FIELDS, Event
from studyruntime.events.kinds import EventType
from studyruntime.events.publisher import EventPublisher
from studyruntime.logs import correlated

EXAMPLES: dict[str, Any] = {"file_size": 5, "progress": 50, "chunk_count": 3, "question_count": 10, "status": "started"}


def stream(bus: EventBus, kind: str) -> list[Event]:
    client = bus.server.client()
    entries: Any = client.xrange(f"study_ai_events:{kind}")
    client.close()
    return [CODEC.decode(fields[b"data"]) for _, fields in entries]


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_has_a_method_that_publishes_it(bus: EventBus, event_type: EventType) -> None:
    method = getattr(bus.publisher, f"publish_{event_type.value.replace('.', '_')}")
    parameters = inspect.signature(method).parameters
    model = CATALOGUE[event_type]
    assert set(parameters) == set(model.model_fields) - METADATA_FIELDS
    values = {
        name: EXAMPLES.get(name, name) for name, parameter in parameters.items() if parameter.default is parameter.empty
    }

    event_id = method(**values)

    (event,) = stream(bus, event_type.value.partition(".")[0])
    assert (event.event_id, event.event_type, event.source) == (event_id, event_type, "tests")
    assert event.model_dump(include=set(values)) == values


def test_data_that_is_not_valid_never_leaves(bus: EventBus) -> None:
    with pytest.raises(ValidationError, match="file_size"):
        bus.publisher.publish_document_uploaded(
            user_id="u", document_id="d", filename="f", file_size=-1, content_type="t"
        )
    with pytest.raises(ValueError, match="half done"):
        bus.publisher.publish_task_status_update(user_id="u", task_id="t", task_type="t", status="half done")

    assert stream(bus, "document") == stream(bus, "task") == []


def test_many_events_keep_their_order_in_each_channel(bus: EventBus) -> None:
    documents = [DocumentProcessing(user_id="u", document_id=str(number)) for number in range(50)]
    quizzes = [QuizGenerated(user_id="u", quiz_id=str(number), question_count=1) for number in range(50)]
    mixed = [event for pair in zip(documents, quizzes, strict=True) for event in pair]

    ids = bus.publisher.publish_many(mixed)

    assert ids == [event.event_id for event in mixed]
    assert stream(bus, "document") == documents
    assert stream(bus, "quiz") == quizzes
    assert bus.publisher.publish_many([]) == []


def test_a_service_publishes_only_where_it_may(bus: EventBus) -> None:
    access = ChannelAccess(publish=("study_ai_events:quiz",))
    publisher = EventPublisher(bus.broker, codec=CODEC, access=access)
    quiz, document = (
        QuizGenerated(user_id="u", quiz_id="q", question_count=1),
        DocumentProcessing(user_id="u", document_id="d"),
    )

    publisher.publish(quiz)
    with pytest.raises(ChannelForbidden, match="study_ai_events:document"):
        publisher.publish_many([quiz, document])

    assert stream(bus, "quiz") == [quiz], "nothing of a forbidden batch leaves"


def test_an_event_belongs_to_the_work_that_told_it(bus: EventBus) -> None:
    with correlated("request-1"):
        bus.publisher.publish_document_processing(user_id="u", document_id="d")
    bus.publisher.publish_document_processing(user_id="u", document_id="d")

    assert [event.correlation_id for event in stream(bus, "document")] == ["request-1", None]


SECRET = DocumentUploaded(user_id="u", document_id="d", filename="Ada.pdf", file_size=1, content_type="t")


def test_the_settings_say_how_private_fields_travel() -> None:
    session_only = Settings(session_signing_key="a session signing key")
    both = Settings(session_signing_key="a session signing key", event_encryption_key="an event encryption key")

    assert b"Ada.pdf" not in build_codec(session_only).encode(SECRET)
    assert build_codec(both).decode(build_codec(session_only).encode(SECRET)) == SECRET, "a key set later"
    assert b"Ada.pdf" in build_codec(Settings()).encode(SECRET)
    with pytest.raises(ConfigurationError, match="EVENT_ENCRYPTION_KEY"):
        build_codec(Settings(environment="cloud"))


def test_the_built_publisher_names_its_service(bus: EventBus) -> None:
    settings = Settings(broker=BrokerSettings(host="unused"), service=ServiceSettings(name="document-worker"))

    build_publisher(settings, bus.broker).publish_document_processing(user_id="u", document_id="d")

    assert [event.source for event in stream(bus, "document")] == ["document-worker"]
