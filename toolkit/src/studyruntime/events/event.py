"""What every event is: data of one type and version, and who told it, when, and in the course of what."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from studyruntime.events.kinds import Channel, EventType
from studyruntime.logs import current_correlation_id
from studyruntime.traces import current_traceparent

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the data of one version into the data of the next."""

METADATA_FIELDS = frozenset({"event_id", "occurred_at", "source", "correlation_id", "traceparent"})
"""What an envelope carries beside the data."""

Identifier = Annotated[str, Field(min_length=1, max_length=200)]
Percentage = Annotated[int, Field(ge=0, le=100, description="share of the work that is done, in percent")]
Count = Annotated[int, Field(ge=0)]
Explanation = Annotated[str, Field(max_length=2000)]


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Marks a field that is encrypted on its way, because it says something about a person."""


PrivateText = Annotated[str, Encrypted(), Field(max_length=2000, json_schema_extra={"x-encrypted": True})]
"""Text that may name a person, such as what somebody called a file."""


def new_event_id() -> str:
    """An id that no other event has."""
    return uuid.uuid4().hex


class Event(BaseModel):
    """Base of every event. Frozen: whoever handles an event cannot change what the next handler sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_type: ClassVar[EventType]
    version: ClassVar[int] = 1
    upcasts: ClassVar[Mapping[int, Upcast]] = {}
    """How data of an older version becomes data of the next one, by the older version's number."""
    key_field: ClassVar[str] = "user_id"
    """The field that names what the event is about. Events of one subject are told in their order."""

    event_id: str = Field(default_factory=new_event_id, min_length=1, max_length=200)
    occurred_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    source: str = Field(default="study", min_length=1)
    correlation_id: str | None = Field(default_factory=current_correlation_id)
    traceparent: str | None = Field(default_factory=current_traceparent)

    user_id: Annotated[Identifier, Field(description="whose doing it is, and who may be told")]

    @property
    def channel(self) -> Channel:
        """Where this event travels."""
        return self.event_type.channel

    @property
    def subject(self) -> str:
        """What the event is about, such as `document/doc456`; the key of its order."""
        return f"{self.key_field.removesuffix('_id')}/{getattr(self, self.key_field)}"


@cache
def encrypted_fields(model: type[Event]) -> frozenset[str]:
    """The fields of a type that may only travel encrypted."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, Encrypted) for mark in field.metadata)
    )
