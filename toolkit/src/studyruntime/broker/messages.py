"""What travels through the broker, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Payload = Mapping[str, str | bytes] | bytes
"""What is published: named fields, or bytes, which arrive as the one field `data`."""

DATA_FIELD = "data"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it lies in a channel. Ids of a channel grow in the order of publishing."""

    channel: str
    id: str
    fields: Mapping[str, bytes]

    @property
    def data(self) -> bytes:
        """The bytes of a message that was published as bytes; empty for one that was not."""
        return self.fields.get(DATA_FIELD, b"")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message handed to one consumer of a group, until it is acknowledged or rejected."""

    message: Message
    attempt: int
    """1 for the first delivery. Above 1 the work may already be done in part, or in whole."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody of a group could handle."""

    id: str
    message: Message
    group: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Hint:
    """A broadcast: who listens now hears it, nobody else ever will."""

    channel: str
    data: bytes
