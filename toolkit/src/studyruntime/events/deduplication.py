"""Each event is handled once: claimed before its handler runs, and noted as done when the handler succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, Protocol, cast

import redis

from studyruntime.broker.connection import RedisConnection

KEY_PREFIX = "study_ai_handled:"
DONE = b"done"
MEMORY_SECONDS = 7 * 86_400
"""How long a handled event is remembered: longer than any message waits to be delivered again."""

RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Claim(Enum):
    """What a claim found."""

    GRANTED = auto()
    DONE = auto()
    """Handled before: the delivery is a duplicate."""
    BUSY = auto()
    """Another consumer is at it, or died over it less than a lease ago."""


class Deduplicator(Protocol):
    """Remembers which events were handled. Keys name a handler and an event."""

    def claim(self, keys: Sequence[str]) -> list[Claim]:
        """Ask for each key whether it is ours to handle, for the length of a lease."""

    def renew(self, keys: Sequence[str]) -> None:
        """The leases of these begin anew."""

    def complete(self, keys: Sequence[str]) -> None:
        """These were handled."""

    def release(self, keys: Sequence[str]) -> None:
        """These were not handled after all: whoever is given them may."""


class RedisDeduplicator:
    """See `Deduplicator`. Raises Unavailable when Redis does not answer.

    A consumer that dies between a handler's success and the note of it leaves an event that is handled again. Where
    that must not be, the handler writes through an `Inbox`, in the transaction of its effects.
    """

    def __init__(
        self, connection: RedisConnection, *, owner: str, lease_seconds: float, memory_seconds: float = MEMORY_SECONDS
    ) -> None:
        self._connection = connection
        self._owner = b"claimed by " + owner.encode()
        self._lease_milliseconds = round(lease_seconds * 1000)
        self._memory_milliseconds = round(memory_seconds * 1000)

    def claim(self, keys: Sequence[str]) -> list[Claim]:
        """See `Deduplicator.claim`. One round trip."""

        def ask(client: redis.Redis) -> list[bytes | None]:
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.set(KEY_PREFIX + key, self._owner, nx=True, get=True, px=self._lease_milliseconds)
                return cast("list[bytes | None]", pipeline.execute())

        return [self._verdict(found) for found in self._connection.run(ask)] if keys else []

    def renew(self, keys: Sequence[str]) -> None:
        """See `Deduplicator.renew`."""
        self._set(keys, self._owner, self._lease_milliseconds)

    def complete(self, keys: Sequence[str]) -> None:
        """See `Deduplicator.complete`. One round trip."""
        self._set(keys, DONE, self._memory_milliseconds)

    def release(self, keys: Sequence[str]) -> None:
        """See `Deduplicator.release`. A claim that another consumer has by now is left alone."""
        for key in keys:
            self._connection.run(lambda client, key=key: client.eval(RELEASE, 1, KEY_PREFIX + key, self._owner))  # type: ignore[misc]

    def _set(self, keys: Sequence[str], value: bytes, milliseconds: int) -> None:
        def write(client: redis.Redis) -> Any:
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.set(KEY_PREFIX + key, value, px=milliseconds)
                return pipeline.execute()

        if keys:
            self._connection.run(write)

    def _verdict(self, found: bytes | None) -> Claim:
        # Our own claim is found when an answer was lost and the command was repeated.
        if found is None or found == self._owner:
            return Claim.GRANTED
        return Claim.DONE if found == DONE else Claim.BUSY
