"""JSON Schemas of the data of every event, for other languages and for the page in the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from studyruntime.events.catalogue import CATALOGUE
from studyruntime.events.envelope import schema_uri
from studyruntime.events.event import METADATA_FIELDS, Event, encrypted_fields
from studyruntime.events.kinds import Channel, EventType


@dataclass(frozen=True, slots=True)
class EventSchema:
    """One type as others see it."""

    event_type: EventType
    version: int
    channel: Channel
    summary: str
    subject: str
    encrypted: tuple[str, ...]
    schema: dict[str, Any]


def event_schemas() -> tuple[EventSchema, ...]:
    """Every type, in the order of the catalogue."""
    return tuple(_describe(model) for model in CATALOGUE.values())


def _describe(model: type[Event]) -> EventSchema:
    return EventSchema(
        event_type=model.event_type,
        version=model.version,
        channel=model.event_type.channel,
        summary=(model.__doc__ or "").strip().partition("\n")[0],
        subject=f"{model.key_field.removesuffix('_id')}/{{{model.key_field}}}",
        encrypted=tuple(sorted(encrypted_fields(model))),
        schema=data_schema(model),
    )


def data_schema(model: type[Event]) -> dict[str, Any]:
    """The schema of an event's `data`. Encrypted fields are described as they are before encryption."""
    schema = model.model_json_schema()
    properties = {name: value for name, value in schema["properties"].items() if name not in METADATA_FIELDS}
    required = [name for name in schema.get("required", ()) if name not in METADATA_FIELDS]
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": schema_uri(model.event_type.value, model.version),
        **schema,
        "properties": properties,
        "required": required,
    }
