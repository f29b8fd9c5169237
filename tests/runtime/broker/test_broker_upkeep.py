"""What may be dropped from a stream, and what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.broker.conftest import Server

from studyruntime.broker import RedisStreamBroker, upkeep
from studyruntime.broker.messages import Message
from studyruntime.broker.streams import dead_letter_fields, dead_letter_of, sort_key
from studyruntime.broker.upkeep import GroupPosition, trim_floor
from studyruntime.config import load_settings

CHANNEL = "study_ai_events:document"

ids = st.builds(lambda milliseconds, number: f"{milliseconds}-{number}", st.integers(0, 10**13), st.integers(0, 99))
positions = st.lists(st.builds(GroupPosition, last_delivered=ids, oldest_pending=st.none() | ids), max_size=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(positions, st.integers(0, 10**13), st.integers(0, 10**6))
def test_nothing_is_dropped_that_a_group_needs_or_that_is_young(
    groups: list[GroupPosition], now_milliseconds: int, retention_seconds: int
) -> None:
    floor = trim_floor(groups, now_milliseconds, retention_seconds)
    if floor is None:
        assert groups == []
        return
    for group in groups:
        assert sort_key(floor) <= sort_key(
            group.last_delivered if group.oldest_pending is None else group.oldest_pending
        )
    assert sort_key(floor)[0] <= max(0, now_milliseconds - 1000 * retention_seconds)


@given(st.dictionaries(texts, st.binary(max_size=20), min_size=1), texts, texts, st.integers(1, 99))
def test_a_dead_letter_keeps_everything(fields: dict[str, bytes], group: str, reason: str, attempts: int) -> None:
    message = Message(CHANNEL, "5-1", fields)
    written = {
        name.encode(): value if isinstance(value, bytes) else value.encode()
        for name, value in dead_letter_fields(message, group, reason, attempts).items()
    }
    letter = dead_letter_of(CHANNEL, b"9-0", written)
    assert (letter.message, letter.group, letter.reason, letter.attempts) == (message, group, reason, attempts)


def test_only_what_every_group_has_handled_is_trimmed(server: Server) -> None:
    patient = load_settings({**server.variables(), "BROKER_CLAIM_IDLE_SECONDS": "3600"})
    broker = RedisStreamBroker(patient.require_broker(), patient.aws)
    quick, slow = (broker.subscribe([CHANNEL], group, "one") for group in ("quick", "slow"))
    published = broker.publish_many(CHANNEL, [b"data"] * 1000)
    quick.ack(*quick.read(1000, wait_seconds=0.0))
    handled, held = slow.read(600, wait_seconds=0.0), slow.read(1, wait_seconds=0.0)
    slow.ack(*handled)
    client = server.client()

    upkeep.trim(client, CHANNEL, retention_seconds=86_400)
    assert client.xlen(CHANNEL) == 1000

    client.time = lambda: (int(published[0].split("-")[0]) // 1000 + 10**6, 0)
    upkeep.trim(client, CHANNEL, retention_seconds=86_400)
    assert 400 <= client.xlen(CHANNEL) < 1000
    ((oldest, _),) = client.xrange(CHANNEL, count=1)
    assert sort_key(oldest.decode()) <= sort_key(held[0].message.id)
    client.close()
    assert len(slow.read(1000, wait_seconds=0.0)) == 399
    broker.close()


@pytest.mark.parametrize("holds", [False, True])
def test_a_gone_consumer_is_forgotten_only_when_it_holds_nothing(
    holds: bool, broker: RedisStreamBroker, server: Server
) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    broker.publish(CHANNEL, b"data")
    received = subscription.read(1, wait_seconds=0.0)
    if not holds:
        subscription.ack(*received)
    client = server.client()
    upkeep.forget_consumer(client, CHANNEL, "group", "one")
    assert [consumer["name"] for consumer in client.xinfo_consumers(CHANNEL, "group")] == ([b"one"] if holds else [])
    upkeep.forget_gone_consumers(client, CHANNEL, "group")  # seen a moment ago: stays, whatever it holds
    assert len(client.xinfo_consumers(CHANNEL, "group")) == int(holds)
    client.close()
