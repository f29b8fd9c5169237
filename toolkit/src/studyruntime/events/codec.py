"""Events to bytes and back: validated on both sides, older versions brought up to date, marked fields encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic_core
from pydantic import ValidationError

from studyruntime.errors import ConfigurationError, InvalidEvent, RuntimeFailure
from studyruntime.events.catalogue import CATALOGUE
from studyruntime.events.encryption import FieldCipher, is_encrypted
from studyruntime.events.envelope import Envelope, describe, read_envelope, schema_uri
from studyruntime.events.event import METADATA_FIELDS, Event, encrypted_fields
from studyruntime.events.kinds import EventType


class UnknownEventType(InvalidEvent):
    """A type that this release does not know: a newer release told it, to consumers that are newer too."""


class NewerEventVersion(RuntimeFailure):
    """The data is of a version that this release cannot read yet. A newer consumer of the group can."""


class EventCodec:
    """Writes and reads events.

    Without a cipher, events with marked fields are refused unless `allows_plaintext`, which is for a laptop.
    """

    def __init__(
        self,
        cipher: FieldCipher | None = None,
        *,
        allows_plaintext: bool = False,
        catalogue: Mapping[EventType, type[Event]] = CATALOGUE,
    ) -> None:
        self._cipher = cipher
        self._allows_plaintext = allows_plaintext
        self._models = {event_type.value: model for event_type, model in catalogue.items()}

    def encode(self, event: Event) -> bytes:
        """The event as a CloudEvent in JSON.

        Raises:
            ConfigurationError: a field must be encrypted and there is no key.
        """
        data = event.model_dump(mode="json", exclude=set(METADATA_FIELDS))
        self._encrypt(event, data)
        envelope = {
            "specversion": "1.0",
            "id": event.event_id,
            "source": event.source,
            "type": event.event_type.value,
            "subject": event.subject,
            "time": event.occurred_at,
            "datacontenttype": "application/json",
            "dataschema": schema_uri(event.event_type.value, event.version),
            "data": data,
        }
        if event.correlation_id is not None:
            envelope["correlationid"] = event.correlation_id
        if event.traceparent is not None:
            envelope["traceparent"] = event.traceparent
        return pydantic_core.to_json(envelope)

    def decode(self, payload: bytes) -> Event:
        """The event in a message, in the newest version of its type. Fields a newer release added are ignored.

        Raises:
            UnknownEventType: no model has this type.
            NewerEventVersion: the data is of a later version than ours.
            InvalidEvent: it is no event, or not a valid one; it never will be.
        """
        envelope = read_envelope(payload)
        model = self._model(envelope.type)
        data = self._decrypt(envelope)
        data = upcast(model, data, envelope.version)
        return _validate(model, envelope, data)

    def _model(self, event_type: str) -> type[Event]:
        model = self._models.get(event_type)
        if model is None:
            raise UnknownEventType(f"no event has the type {event_type!r}")
        return model

    def _encrypt(self, event: Event, data: dict[str, Any]) -> None:
        for name in encrypted_fields(type(event)):
            if data.get(name) is None:
                continue
            if self._cipher is not None:
                data[name] = self._cipher.encrypt(data[name], event_id=event.event_id, field=name)
            elif not self._allows_plaintext:
                raise ConfigurationError(
                    [f"field {name!r} of {event.event_type.value} may only travel encrypted, and there is no key"],
                    hint="Set EVENT_ENCRYPTION_KEY; make one with: openssl rand -base64 32",
                )

    def _decrypt(self, envelope: Envelope) -> dict[str, Any]:
        data = dict(envelope.data)
        for name, value in envelope.data.items():
            if not is_encrypted(value):
                continue
            if self._cipher is None:
                raise InvalidEvent(
                    f"field {name!r} of event {envelope.id} is encrypted and this process has no key",
                    hint="Set EVENT_ENCRYPTION_KEY and redeliver the event.",
                )
            data[name] = self._cipher.decrypt(value, event_id=envelope.id, field=name)
        return data


def upcast(model: type[Event], data: dict[str, Any], version: int) -> dict[str, Any]:
    """The data of an older version as data of the model's version, one version at a time.

    Raises:
        NewerEventVersion: the data is newer than the model.
        InvalidEvent: there is no way from a version that old.
    """
    if version > model.version:
        raise NewerEventVersion(
            f"{model.event_type.value} version {version}; this release reads up to version {model.version}",
            hint="Deploy the consumers before the publishers of a new version.",
        )
    for step in range(version, model.version):
        upgrade = model.upcasts.get(step)
        if upgrade is None:
            raise InvalidEvent(f"{model.event_type.value} version {step} is no longer read")
        data = upgrade(dict(data))
    return data


def _validate(model: type[Event], envelope: Envelope, data: dict[str, Any]) -> Event:
    metadata = {
        "event_id": envelope.id,
        "occurred_at": envelope.time,
        "source": envelope.source,
        "correlation_id": envelope.correlationid,
        "traceparent": envelope.traceparent,
    }
    try:
        return model.model_validate({**data, **metadata}, extra="ignore")
    except ValidationError as error:
        raise InvalidEvent(f"event {envelope.id} of type {envelope.type} is not valid: {describe(error)}") from None
