"""Keeps streams from growing for ever: drops what every group has handled, and consumers that are gone for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import redis

from studyruntime.broker.streams import sort_key

GONE_AFTER_SECONDS = 3600

FORGET_CONSUMER = """
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    local facts = {}
    for index = 1, #consumer, 2 do facts[consumer[index]] = consumer[index + 1] end
    local is_meant = ARGV[2] == '' or facts['name'] == ARGV[2]
    if is_meant and facts['pending'] == 0 and facts['idle'] >= tonumber(ARGV[3]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], facts['name'])
    end
end
"""
"""In one step on the server: a consumer that was just given a message would take it to its grave."""


@dataclass(frozen=True, slots=True)
class GroupPosition:
    """How far a group has come: the last message it was given, and the oldest it has not handled."""

    last_delivered: str
    oldest_pending: str | None

    @property
    def floor(self) -> str:
        """Everything before this is handled."""
        return self.oldest_pending or self.last_delivered


def trim_floor(positions: Sequence[GroupPosition], now_milliseconds: int, retention_seconds: int) -> str | None:
    """The oldest id to keep: nothing that a group has yet to handle goes, and nothing younger than the retention.

    None without a group: nobody has read anything yet.
    """
    if not positions:
        return None
    kept_by_age = f"{max(0, now_milliseconds - retention_seconds * 1000)}-0"
    return min([*(position.floor for position in positions), kept_by_age], key=sort_key)


def trim(client: redis.Redis, channel: str, retention_seconds: int) -> None:
    """Drop what no group needs. The server keeps a few more, because it drops whole blocks of entries."""
    seconds, microseconds = cast("tuple[int, int]", client.time())
    now_milliseconds = seconds * 1000 + microseconds // 1000
    floor = trim_floor(list(_positions(client, channel)), now_milliseconds, retention_seconds)
    if floor is not None:
        client.xtrim(channel, minid=floor, approximate=True)


def forget_consumer(client: redis.Redis, channel: str, group: str, consumer: str) -> None:
    """Remove one consumer, unless it holds messages."""
    client.eval(FORGET_CONSUMER, 1, channel, group, consumer, 0)


def forget_gone_consumers(client: redis.Redis, channel: str, group: str) -> None:
    """Remove consumers that were killed long ago and whose messages others have taken over."""
    client.eval(FORGET_CONSUMER, 1, channel, group, "", GONE_AFTER_SECONDS * 1000)


def _positions(client: redis.Redis, channel: str) -> Iterable[GroupPosition]:
    for group in cast("list[dict[str, Any]]", client.xinfo_groups(channel)):
        oldest = None
        if group["pending"]:
            summary = cast("dict[str, Any]", client.xpending(channel, group["name"]))
            oldest = summary["min"].decode() if summary["min"] else None
        yield GroupPosition(group["last-delivered-id"].decode(), oldest)
