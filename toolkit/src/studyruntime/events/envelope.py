"""CloudEvents 1.0 in JSON, structured mode: what lies in a channel or in the outbox.

Written by hand for speed (the CloudEvents SDK needs about ten times as long); the tests read every event with the SDK.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from studyruntime.errors import InvalidEvent

SCHEMA_ROOT = "urn:study-ai:event"
"""`dataschema` is SCHEMA_ROOT:type:version, as the specification asks: an incompatible schema has another URI."""

Text = Annotated[str, Field(min_length=1)]


class Envelope(BaseModel):
    """The attributes we read. Extension attributes we do not know are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    subject: str | None = None
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Text
    correlationid: str | None = None
    traceparent: str | None = None
    data: dict[str, Any]

    @property
    def version(self) -> int:
        """The version of the data.

        Raises:
            InvalidEvent: `dataschema` is none of ours, or belongs to another type.
        """
        root, _, number = self.dataschema.rpartition(":")
        if root != f"{SCHEMA_ROOT}:{self.type}" or not number.isascii() or not number.isdigit() or int(number) < 1:
            raise InvalidEvent(f"event {self.id} of type {self.type} has the schema {self.dataschema!r}")
        return int(number)


def read_envelope(payload: bytes) -> Envelope:
    """The envelope in a message.

    Raises:
        InvalidEvent: the message is no CloudEvent with JSON data.
    """
    try:
        return Envelope.model_validate_json(payload)
    except ValidationError as error:
        raise InvalidEvent(f"a message is no event: {describe(error)}") from None


def describe(error: ValidationError) -> str:
    """What is wrong and where, without the values, which may be private."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'message'}: {problem['msg']}" for problem in problems)


def schema_uri(event_type: str, version: int) -> str:
    """The `dataschema` of a type in a version."""
    return f"{SCHEMA_ROOT}:{event_type}:{version}"
