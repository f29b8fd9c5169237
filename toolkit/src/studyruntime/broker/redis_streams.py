"""The message broker over Redis Streams: one class for Redis, Valkey and ElastiCache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import redis

from studyruntime.broker.connection import RedisConnection, credentials_for
from studyruntime.broker.listener import PubSubListener
from studyruntime.broker.messages import DeadLetter, Payload
from studyruntime.broker.protocol import StartAt
from studyruntime.broker.streams import as_entries, dead_channel, dead_letter_of, fields_of
from studyruntime.broker.subscription import StreamSubscription
from studyruntime.config import AwsSettings, BrokerSettings
from studyruntime.errors import NotFound

COUNTED_AT_ONCE = 1000


class RedisStreamBroker:
    """See `MessageBroker`. Safe for threads; a subscription or listener belongs to one thread."""

    def __init__(self, settings: BrokerSettings, aws: AwsSettings | None = None) -> None:
        self._settings = settings
        self._connection = RedisConnection(settings, credentials_for(settings, aws or AwsSettings()))
        self._is_connected = False

    @property
    def is_connected(self) -> bool:
        """See `MessageBroker.is_connected`."""
        return self._is_connected

    def connect(self) -> None:
        """See `MessageBroker.connect`."""
        self.ping()
        self._is_connected = True

    def ping(self) -> None:
        """See `MessageBroker.ping`."""
        self._connection.run(lambda client: client.ping())

    def publish(self, channel: str, payload: Payload) -> str:
        """See `MessageBroker.publish`."""
        fields = cast("dict[Any, Any]", fields_of(payload))
        raw_id = self._connection.run(lambda client: client.xadd(channel, fields))
        return cast("bytes", raw_id).decode()

    def publish_many(self, channel: str, payloads: Sequence[Payload]) -> list[str]:
        """See `MessageBroker.publish_many`."""
        entries = [cast("dict[Any, Any]", fields_of(payload)) for payload in payloads]

        def add(client: redis.Redis) -> list[bytes]:
            with client.pipeline(transaction=True) as pipeline:
                for fields in entries:
                    pipeline.xadd(channel, fields)
                return cast("list[bytes]", pipeline.execute())

        return [raw_id.decode() for raw_id in self._connection.run(add)] if entries else []

    def subscribe(
        self, channels: Sequence[str], group: str, consumer: str, *, start: StartAt = "new"
    ) -> StreamSubscription:
        """See `MessageBroker.subscribe`."""
        return StreamSubscription(self._connection, self._settings, channels, group, consumer, start=start)

    def dead_letters(self, channel: str, max_count: int = 100) -> list[DeadLetter]:
        """See `MessageBroker.dead_letters`."""
        answer = self._connection.run(lambda client: client.xrange(dead_channel(channel), count=max_count))
        return [dead_letter_of(channel, raw_id, fields) for raw_id, fields in as_entries(answer)]

    def redeliver(self, letter: DeadLetter) -> str:
        """See `MessageBroker.redeliver`."""
        channel = letter.message.channel

        def move(client: redis.Redis) -> bytes:
            with client.pipeline(transaction=True) as pipeline:
                pipeline.xadd(channel, dict[Any, Any](letter.message.fields))
                pipeline.xdel(dead_channel(channel), letter.id)
                return cast("bytes", pipeline.execute()[0])

        return self._connection.run(move).decode()

    def backlog(self, channel: str, group: str) -> int:
        """See `MessageBroker.backlog`."""

        def count(client: redis.Redis) -> int:
            facts = _group_facts(client, channel, group)
            waiting = facts["lag"]
            if waiting is None:  # the server loses count when entries are deleted one by one
                waiting = _count_after(client, channel, facts["last-delivered-id"])
            return int(facts["pending"]) + int(waiting)

        return self._connection.run(count)

    def broadcast(self, channel: str, data: bytes) -> int:
        """See `MessageBroker.broadcast`."""
        return int(cast("int", self._connection.run(lambda client: client.publish(channel, data))))

    def listen(self, channels: Sequence[str]) -> PubSubListener:
        """See `MessageBroker.listen`."""
        return PubSubListener(self._connection, channels)

    def close(self) -> None:
        """See `MessageBroker.close`."""
        self._is_connected = False
        self._connection.close()


def _group_facts(client: redis.Redis, channel: str, group: str) -> dict[str, Any]:
    try:
        groups = cast("list[dict[str, Any]]", client.xinfo_groups(channel))
    except redis.ResponseError as error:
        raise NotFound(f"channel {channel!r} does not exist", hint="Nobody has published or subscribed yet.") from error
    for facts in groups:
        if facts["name"] == group.encode():
            return facts
    raise NotFound(f"channel {channel!r} has no group {group!r}", hint="It exists from its first subscription on.")


def _count_after(client: redis.Redis, channel: str, last_id: bytes) -> int:
    total = 0
    while True:
        page = as_entries(client.xrange(channel, min=b"(" + last_id, count=COUNTED_AT_ONCE))
        total += len(page)
        if len(page) < COUNTED_AT_ONCE:
            return total
        last_id = page[-1][0]
