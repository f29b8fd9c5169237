from __future__ import annotations

import json

import pytest
from hypothesis import given
from pydantic import ValidationError
from tests.runtime.events.strategies import events

from studyruntime.events.access import ChannelAccess, ChannelForbidden
from studyruntime.events.catalogue import CATALOGUE, DocumentUploaded, TaskStatus, UserNotification
from studyruntime.events.event import METADATA_FIELDS, Event, encrypted_fields
from studyruntime.events.kinds import Channel, EventType
from studyruntime.events.schemas import data_schema, event_schemas

# The contract with whoever else reads these channels. A change here breaks them.
TYPES = {
    "document.uploaded": "study_ai_events:document",
    "document.processing": "study_ai_events:document",
    "document.processed": "study_ai_events:document",
    "document.failed": "study_ai_events:document",
    "indexing.started": "study_ai_events:indexing",
    "indexing.progress": "study_ai_events:indexing",
    "indexing.completed": "study_ai_events:indexing",
    "indexing.failed": "study_ai_events:indexing",
    "quiz.generation.started": "study_ai_events:quiz",
    "quiz.generation.progress": "study_ai_events:quiz",
    "quiz.generated": "study_ai_events:quiz",
    "quiz.generation.failed": "study_ai_events:quiz",
    "task.status.update": "study_ai_events:task",
    "user.notification": "study_ai_events:user",
}


def test_types_and_channels_are_those_that_were_agreed() -> None:
    assert {kind.value: kind.channel.value for kind in EventType} == TYPES
    assert {kind.value for kind in CATALOGUE} == set(TYPES)


@pytest.mark.parametrize("model", CATALOGUE.values(), ids=lambda model: model.__name__)
def test_every_schema_describes_the_data_and_nothing_else(model: type[Event]) -> None:
    schema = data_schema(model)

    assert not METADATA_FIELDS & set(schema["properties"])
    assert "user_id" in schema["required"]
    assert model.key_field in schema["required"]
    assert schema["$id"] == f"urn:study-ai:event:{model.event_type.value}:{model.version}"
    assert json.loads(json.dumps(schema)) == schema


def test_the_list_of_schemas_tells_what_is_encrypted() -> None:
    by_type = {schema.event_type: schema for schema in event_schemas()}

    assert by_type[EventType.DOCUMENT_UPLOADED].encrypted == ("filename",)
    assert by_type[EventType.USER_NOTIFICATION].encrypted == ("message", "title")
    assert by_type[EventType.DOCUMENT_UPLOADED].schema["properties"]["filename"]["x-encrypted"] is True
    assert all(schema.summary and not schema.summary.startswith(" ") for schema in by_type.values())
    assert by_type[EventType.TASK_STATUS_UPDATE].subject == "task/{task_id}"


@given(events)
def test_an_event_has_a_subject_and_cannot_be_changed(event: Event) -> None:
    assert event.subject.endswith(f"/{getattr(event, event.key_field)}")
    with pytest.raises(ValidationError, match="frozen"):
        event.user_id = "someone else"  # type: ignore[misc]


def test_a_publisher_cannot_invent_fields() -> None:
    with pytest.raises(ValidationError, match="colour"):
        DocumentUploaded.model_validate(
            {"user_id": "u", "document_id": "d", "filename": "f", "file_size": 1, "content_type": "t", "colour": "red"}
        )


def test_encrypted_fields_are_found_by_their_mark() -> None:
    assert encrypted_fields(UserNotification) == {"title", "message"}


def test_final_states_of_tasks() -> None:
    assert {status for status in TaskStatus if status.is_final} == {TaskStatus.COMPLETED, TaskStatus.FAILED}


def test_access_ends_at_a_colon() -> None:
    access = ChannelAccess(publish=("study_ai_events:document", "study_ai_events:qui"), consume=("study_ai_events",))

    access.check_publish(Channel.DOCUMENT)
    access.check_publish("study_ai_events:document:dead")
    access.check_consume(Channel.QUIZ)
    for channel in (Channel.QUIZ, "study_ai_events:documents", "study_ai_events"):
        with pytest.raises(ChannelForbidden, match="may not publish to"):
            access.check_publish(channel)
    with pytest.raises(ChannelForbidden, match="no channel"):
        ChannelAccess(consume=()).check_consume(Channel.QUIZ)
