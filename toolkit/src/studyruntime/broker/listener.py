"""Hears broadcasts. They are hints: whoever misses one asks the database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from redis import Redis
from redis.client import PubSub

from studyruntime.broker.connection import RedisConnection
from studyruntime.broker.messages import Hint
from studyruntime.errors import Unavailable

CONFIRMATION_SECONDS = 5.0


class PubSubListener:
    """See `Listener`. After a lost connection it subscribes again by itself."""

    def __init__(self, connection: RedisConnection, channels: Sequence[str]) -> None:
        self._connection = connection
        self._channels = tuple(dict.fromkeys(channels))
        self._pubsub: PubSub = connection.run(lambda client: client.pubsub())  # type: ignore[no-untyped-call]
        connection.run(lambda _: self._subscribe())

    def read(self, wait_seconds: float) -> Hint | None:
        """See `Listener.read`."""
        deadline = time.monotonic() + wait_seconds
        while True:
            remaining = max(0.0, deadline - time.monotonic())
            message = self._connection.run(partial(self._next, wait_seconds=remaining))
            if message is not None and message["type"] == "message":
                return Hint(message["channel"].decode(), message["data"])
            if time.monotonic() >= deadline:
                return None

    def _next(self, _client: Redis, *, wait_seconds: float) -> dict[str, Any] | None:
        return cast("dict[str, Any] | None", self._pubsub.get_message(timeout=wait_seconds))

    def close(self) -> None:
        """See `Listener.close`."""
        self._pubsub.close()

    def _subscribe(self) -> None:
        """Subscribe, and wait until the server has said so for every channel."""
        self._pubsub.subscribe(*self._channels)  # type: ignore[no-untyped-call]
        confirmed = 0
        while confirmed < len(self._channels):
            message = cast("dict[str, Any] | None", self._pubsub.get_message(timeout=CONFIRMATION_SECONDS))
            if message is None:
                raise Unavailable(self._connection.name, "it did not confirm a subscription")
            confirmed += message["type"] == "subscribe"
