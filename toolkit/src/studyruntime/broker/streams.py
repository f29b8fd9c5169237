"""How messages lie in Redis Streams: names of keys, fields of dead letters, and what comes back from the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from studyruntime.broker.messages import DATA_FIELD, DeadLetter, Message, Payload

RawFields = Mapping[bytes, bytes]

DEAD_SUFFIX = ":dead"
FIELD_PREFIX = "field:"


def fields_of(payload: Payload) -> dict[str, str | bytes]:
    """The fields of a stream entry, which must have at least one."""
    return {DATA_FIELD: payload} if isinstance(payload, bytes) else dict(payload)


def dead_channel(channel: str) -> str:
    """Where messages of a channel go that nobody could handle."""
    return channel + DEAD_SUFFIX


def message_of(channel: str, raw_id: bytes, raw_fields: RawFields) -> Message:
    """A message from the server's answer. Names that are no UTF-8 are made readable: strangers may write."""
    return Message(channel, raw_id.decode(), {_text(name): value for name, value in raw_fields.items()})


def dead_letter_fields(message: Message, group: str, reason: str, attempts: int) -> dict[str, str | bytes]:
    """The entry of a dead letter: what happened, and the message's own fields under a prefix."""
    return {
        "id": message.id,
        "group": group,
        "reason": reason,
        "attempts": str(attempts),
        **{FIELD_PREFIX + name: value for name, value in message.fields.items()},
    }


def dead_letter_of(channel: str, raw_id: bytes, raw_fields: RawFields) -> DeadLetter:
    """The reverse of `dead_letter_fields`."""
    fields = {_text(name): value for name, value in raw_fields.items()}
    original = {name.removeprefix(FIELD_PREFIX): v for name, v in fields.items() if name.startswith(FIELD_PREFIX)}
    return DeadLetter(
        id=raw_id.decode(),
        message=Message(channel, fields["id"].decode(), original),
        group=fields["group"].decode(),
        reason=fields["reason"].decode(),
        attempts=int(fields["attempts"]),
    )


def sort_key(message_id: str) -> tuple[int, int]:
    """Ids in the order of the stream: `9-1` is before `10-0`."""
    milliseconds, _, sequence = message_id.partition("-")
    return int(milliseconds), int(sequence or 0)


def _text(name: bytes) -> str:
    return name.decode(errors="backslashreplace")


def as_entries(answer: object) -> list[tuple[bytes, RawFields]]:
    """Entries of one stream, without those that were deleted while they were pending."""
    entries = cast("list[tuple[bytes, RawFields | None]]", answer)
    return [(raw_id, raw_fields) for raw_id, raw_fields in entries if raw_fields is not None]
