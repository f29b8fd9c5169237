"""One consumer of a group: new messages, those of consumers that are gone, and the dead letters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, TypeVar, cast

import redis

from studyruntime.broker import upkeep
from studyruntime.broker.connection import RedisConnection
from studyruntime.broker.messages import Delivery, Message
from studyruntime.broker.protocol import StartAt
from studyruntime.broker.streams import as_entries, dead_channel, dead_letter_fields, message_of
from studyruntime.config import BrokerSettings

T = TypeVar("T")

LONGEST_WAIT_SECONDS = 1.0
"""At most this long does a read stay in the server: then it looks for abandoned messages, and whether it is closed."""

UPKEEP_SECONDS = 60.0


class StreamSubscription:
    """See `Subscription`. Groups are made when the subscription is, and made again if the server lost them."""

    def __init__(
        self,
        connection: RedisConnection,
        settings: BrokerSettings,
        channels: Sequence[str],
        group: str,
        consumer: str,
        *,
        start: StartAt,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._channels = tuple(dict.fromkeys(channels))
        self._group = group
        self._consumer = consumer
        self._surplus: list[Delivery] = []
        self._is_closed = threading.Event()
        self._reading = threading.Lock()
        self._next_claim = 0.0
        self._next_upkeep = time.monotonic() + UPKEEP_SECONDS
        self._make_groups("$" if start == "new" else "0")

    def read(self, max_count: int, wait_seconds: float) -> list[Delivery]:
        """See `Subscription.read`."""
        deadline = time.monotonic() + wait_seconds
        while not self._is_closed.is_set():
            with self._reading:
                remaining = max(0.0, deadline - time.monotonic())
                found = self._take_surplus(max_count) or self._claim(max_count) or self._read_new(max_count, remaining)
                self._keep_up()
            if found or time.monotonic() >= deadline:
                return found
        return []

    def ack(self, *deliveries: Delivery) -> None:
        """See `Subscription.ack`."""
        by_channel = _ids_by_channel(deliveries)

        def acknowledge(client: redis.Redis) -> None:
            with client.pipeline(transaction=False) as pipeline:
                for channel, ids in by_channel:
                    pipeline.xack(channel, self._group, *ids)
                pipeline.execute()

        if by_channel:
            self._connection.run(acknowledge)

    def reject(self, delivery: Delivery, reason: str) -> None:
        """See `Subscription.reject`."""
        self._bury([(delivery.message, delivery.attempt)], reason)

    def release(self, delivery: Delivery, after_seconds: float = 0.0) -> None:
        """See `Subscription.release`."""
        message = delivery.message
        idle_seconds = max(0.0, self._settings.claim_idle_seconds - after_seconds)
        self._connection.run(
            partial(self._set_idle, channel=message.channel, ids=[message.id], idle_seconds=idle_seconds)
        )

    def keep(self, *deliveries: Delivery) -> None:
        """See `Subscription.keep`."""
        for channel, ids in _ids_by_channel(deliveries):
            self._connection.run(partial(self._set_idle, channel=channel, ids=ids, idle_seconds=0.0))

    def pending_count(self) -> int:
        """See `Subscription.pending_count`."""

        def count(client: redis.Redis) -> int:
            held = 0
            for channel in self._channels:
                summary = cast("dict[str, Any]", client.xpending(channel, self._group))
                held += sum(int(entry["pending"]) for entry in summary["consumers"] if _is(entry, self._consumer))
            return held

        return self._run_in_group(count)

    def close(self) -> None:
        """See `Subscription.close`. Waits for a read in another thread, which ends within a second."""
        if self._is_closed.is_set():
            return
        self._is_closed.set()
        with self._reading:
            for channel in self._channels:
                self._run_in_group(
                    partial(upkeep.forget_consumer, channel=channel, group=self._group, consumer=self._consumer)
                )

    def _set_idle(self, client: redis.Redis, *, channel: str, ids: list[str], idle_seconds: float) -> None:
        """Set how long messages have been idle, without counting it as a delivery."""
        idle_milliseconds = round(idle_seconds * 1000)
        client.xclaim(channel, self._group, self._consumer, 0, list(ids), idle=idle_milliseconds, justid=True)

    def _read_new(self, max_count: int, wait_seconds: float) -> list[Delivery]:
        wait_seconds = min(wait_seconds, LONGEST_WAIT_SECONDS, self._settings.timeout_seconds / 2)
        streams: dict[Any, Any] = dict.fromkeys(self._channels, ">")
        count = max(1, max_count // len(self._channels))  # the server counts for each channel
        answer = self._run_in_group(
            lambda client: client.xreadgroup(
                self._group,
                self._consumer,
                streams,
                count=count,
                block=max(1, round(wait_seconds * 1000)) if wait_seconds > 0 else None,
            )
        )
        self._surplus = [
            Delivery(message_of(raw_channel.decode(), raw_id, raw_fields), attempt=1)
            for raw_channel, entries in cast("list[tuple[bytes, Any]]", answer or [])
            for raw_id, raw_fields in as_entries(entries)
        ]
        return self._take_surplus(max_count)

    def _take_surplus(self, max_count: int) -> list[Delivery]:
        taken, self._surplus = self._surplus[:max_count], self._surplus[max_count:]
        return taken

    def _claim(self, max_count: int) -> list[Delivery]:
        """Take over what a consumer has held for too long; what was delivered too often is buried."""
        now = time.monotonic()
        if now < self._next_claim:
            return []
        claimed: list[Delivery] = []
        for channel in self._channels:
            claim = partial(self._claim_from, channel=channel, max_count=max_count - len(claimed))
            claimed += self._run_in_group(claim)
            if len(claimed) >= max_count:
                break
        else:
            self._next_claim = now + min(LONGEST_WAIT_SECONDS, self._settings.claim_idle_seconds / 4)
        exhausted = [delivery for delivery in claimed if delivery.attempt > self._settings.max_deliveries]
        if exhausted:
            tries = self._settings.max_deliveries
            reason = f"delivered {tries} times and never acknowledged"
            self._bury([(delivery.message, tries) for delivery in exhausted], reason)
        return [delivery for delivery in claimed if delivery.attempt <= self._settings.max_deliveries]

    def _claim_from(self, client: redis.Redis, *, channel: str, max_count: int) -> list[Delivery]:
        answer = client.xautoclaim(
            channel,
            self._group,
            self._consumer,
            min_idle_time=round(self._settings.claim_idle_seconds * 1000),
            start_id="0-0",
            count=max_count,
        )
        messages = [message_of(channel, raw_id, fields) for raw_id, fields in as_entries(cast("list[Any]", answer)[1])]
        with client.pipeline(transaction=False) as pipeline:
            for message in messages:
                pipeline.xpending_range(channel, self._group, min=message.id, max=message.id, count=1)
            counts = pipeline.execute()
        return [
            Delivery(message, attempt=found[0]["times_delivered"] if found else 1)
            for message, found in zip(messages, counts, strict=True)
        ]

    def _bury(self, dead: Sequence[tuple[Message, int]], reason: str) -> None:
        def bury(client: redis.Redis) -> None:
            with client.pipeline(transaction=True) as pipeline:
                for message, attempts in dead:
                    fields = dead_letter_fields(message, self._group, reason, attempts)
                    pipeline.xadd(dead_channel(message.channel), cast("dict[Any, Any]", fields))
                    pipeline.xack(message.channel, self._group, message.id)
                pipeline.execute()

        self._connection.run(bury)

    def _keep_up(self) -> None:
        now = time.monotonic()
        if now < self._next_upkeep:
            return
        self._next_upkeep = now + UPKEEP_SECONDS
        for channel in self._channels:
            retention_seconds = self._settings.retention_seconds
            self._run_in_group(partial(upkeep.trim, channel=channel, retention_seconds=retention_seconds))
            self._run_in_group(partial(upkeep.forget_gone_consumers, channel=channel, group=self._group))

    def _run_in_group(self, command: Callable[[redis.Redis], T]) -> T:
        """Run a command that needs the groups; a server that lost its data has neither streams nor groups."""
        try:
            return self._connection.run(command)
        except redis.ResponseError as error:
            if not _is_group_missing(error):
                raise
            self._make_groups("0")  # whatever is there now came after the loss
            return self._connection.run(command)

    def _make_groups(self, first_id: str) -> None:
        for channel in self._channels:
            self._connection.run(partial(_make_group, channel=channel, group=self._group, first_id=first_id))


def _make_group(client: redis.Redis, *, channel: str, group: str, first_id: str) -> None:
    try:
        client.xgroup_create(channel, group, id=first_id, mkstream=True)
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def _is_group_missing(error: redis.ResponseError) -> bool:
    """NOGROUP, or that the stream vanished during a blocking read, or (XINFO) that there is no such key."""
    words = str(error)
    return any(sign in words for sign in ("NOGROUP", "UNBLOCKED", "no such key"))


def _ids_by_channel(deliveries: Iterable[Delivery]) -> list[tuple[str, list[str]]]:
    def channel_of(delivery: Delivery) -> str:
        return delivery.message.channel

    grouped = groupby(sorted(deliveries, key=channel_of), key=channel_of)
    return [(channel, [delivery.message.id for delivery in members]) for channel, members in grouped]


def _is(entry: dict[str, Any], consumer: str) -> bool:
    return bool(entry["name"] == consumer.encode())
