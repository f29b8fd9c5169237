"""What every broker promises, over each kind of server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.runtime.broker.conftest import Server
from tests.support.until import until

from studyruntime.broker import Delivery, RedisStreamBroker, Subscription
from studyruntime.config import Settings, load_settings
from studyruntime.errors import NotFound

CHANNEL = "study_ai_events:document"
OTHER = "study_ai_events:quiz"


def read_all(subscription: Subscription, count: int) -> list[Delivery]:
    """Exactly `count` deliveries, however the server portions them."""
    found: list[Delivery] = []

    def is_complete() -> bool:
        found.extend(subscription.read(count - len(found), wait_seconds=0.5))
        return len(found) == count

    until(is_complete, f"{count} deliveries")
    return found


def test_connect_proves_that_it_answers(broker: RedisStreamBroker) -> None:
    assert not broker.is_connected
    broker.connect()
    assert broker.is_connected
    broker.close()
    assert not broker.is_connected
    broker.connect()
    broker.ping()


def test_messages_arrive_in_order_with_their_fields(broker: RedisStreamBroker) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    ids = [broker.publish(CHANNEL, {"number": str(number), "raw": b"\x00\xff"}) for number in range(3)]
    ids += broker.publish_many(CHANNEL, [b"four", b"five"])
    received = read_all(subscription, 5)
    assert [delivery.message.id for delivery in received] == ids
    assert received[1].message.fields == {"number": b"1", "raw": b"\x00\xff"}
    assert [delivery.message.data for delivery in received[3:]] == [b"four", b"five"]
    assert {delivery.attempt for delivery in received} == {1}


def test_publishing_nothing_is_nothing(broker: RedisStreamBroker) -> None:
    assert broker.publish_many(CHANNEL, []) == []


def test_a_new_group_hears_what_comes_and_an_oldest_group_everything(broker: RedisStreamBroker) -> None:
    broker.publish(CHANNEL, b"before")
    late = broker.subscribe([CHANNEL], "late", "one", start="new")
    early = broker.subscribe([CHANNEL], "early", "one", start="oldest")
    broker.publish(CHANNEL, b"after")
    assert [delivery.message.data for delivery in read_all(late, 1)] == [b"after"]
    assert [delivery.message.data for delivery in read_all(early, 2)] == [b"before", b"after"]


def test_each_message_goes_to_one_consumer_of_a_group(broker: RedisStreamBroker) -> None:
    one, two = (broker.subscribe([CHANNEL], "group", name) for name in ("one", "two"))
    broker.publish_many(CHANNEL, [bytes([number]) for number in range(20)])
    first, second = one.read(10, 0.5), two.read(10, 0.5)
    data = [delivery.message.data for delivery in first + second]
    assert sorted(data) == [bytes([number]) for number in range(20)]
    assert first and second


def test_several_channels_share_one_limit(broker: RedisStreamBroker) -> None:
    subscription = broker.subscribe([CHANNEL, OTHER], "group", "one")
    for channel in (CHANNEL, OTHER):
        broker.publish_many(channel, [channel.encode()] * 3)
    portions = []
    while portion := subscription.read(1, wait_seconds=0.0):
        assert len(portion) == 1
        portions += portion
    assert sorted(delivery.message.channel for delivery in portions) == [CHANNEL] * 3 + [OTHER] * 3


def test_what_is_acknowledged_never_comes_again(broker: RedisStreamBroker) -> None:
    subscription = broker.subscribe([CHANNEL, OTHER], "group", "one")
    for channel in (CHANNEL, OTHER):
        broker.publish_many(channel, [b"data"] * 2)
    received = read_all(subscription, 4)
    assert subscription.pending_count() == 4
    assert broker.backlog(CHANNEL, "group") == 2
    subscription.ack(*received)
    assert subscription.pending_count() == 0
    assert broker.backlog(CHANNEL, "group") == 0


def test_backlog_counts_what_is_not_yet_delivered(broker: RedisStreamBroker, server: Server) -> None:
    broker.subscribe([CHANNEL], "group", "one")
    ids = broker.publish_many(CHANNEL, [b"data"] * 5)
    assert broker.backlog(CHANNEL, "group") == 5
    client = server.client()
    client.xdel(CHANNEL, ids[2])  # makes the server lose count
    client.close()
    assert broker.backlog(CHANNEL, "group") == 4
    with pytest.raises(NotFound, match="no group 'nobody'"):
        broker.backlog(CHANNEL, "nobody")
    with pytest.raises(NotFound, match="does not exist"):
        broker.backlog("study_ai_events:unknown", "group")


def test_a_message_of_a_killed_consumer_goes_to_another(broker: RedisStreamBroker, server: Server) -> None:
    published = broker.publish(CHANNEL, b"precious")
    holder = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("holder.py")), CHANNEL, "group"],
        env={**os.environ, **server.variables()},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == published
    finally:
        holder.kill()
        holder.communicate()
    (delivery,) = read_all(broker.subscribe([CHANNEL], "group", "heir"), 1)
    assert delivery.message.id == published
    assert delivery.message.data == b"precious"
    assert delivery.attempt == 2


def test_what_is_delivered_too_often_goes_to_the_dead_letters(broker: RedisStreamBroker, settings: Settings) -> None:
    published = broker.publish(CHANNEL, {"type": "poison", "body": b"\xff"})
    subscription = broker.subscribe([CHANNEL], "group", "one", start="oldest")
    attempts = [read_all(subscription, 1)[0].attempt for _ in range(settings.require_broker().max_deliveries)]
    assert attempts == [1, 2, 3]

    def letters() -> bool:
        assert subscription.read(1, wait_seconds=0.1) == []
        return bool(broker.dead_letters(CHANNEL))

    until(letters, "the dead letter")
    (letter,) = broker.dead_letters(CHANNEL)
    assert letter.message.id == published
    assert letter.message.fields == {"type": b"poison", "body": b"\xff"}
    assert (letter.group, letter.attempts) == ("group", 3)
    assert subscription.pending_count() == 0


def test_what_is_rejected_is_a_dead_letter_at_once_and_can_be_sent_again(broker: RedisStreamBroker) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    broker.publish(CHANNEL, {"id": "1", "reason": b"a field with a name that dead letters use too"})
    (delivery,) = read_all(subscription, 1)
    subscription.reject(delivery, "no such document")
    assert subscription.pending_count() == 0
    (letter,) = broker.dead_letters(CHANNEL)
    assert (letter.reason, letter.attempts, letter.message) == ("no such document", 1, delivery.message)

    renewed = broker.redeliver(letter)
    assert broker.dead_letters(CHANNEL) == []
    (again,) = read_all(subscription, 1)
    assert (again.message.id, again.message.fields) == (renewed, delivery.message.fields)


def test_a_message_that_no_program_of_ours_wrote_is_delivered_all_the_same(
    broker: RedisStreamBroker, server: Server
) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    client = server.client()
    client.xadd(CHANNEL, {b"\xff\xfe": b"\x80"})
    client.close()
    (delivery,) = read_all(subscription, 1)
    assert delivery.message.fields == {"\\xff\\xfe": b"\x80"}
    subscription.reject(delivery, "not an event")
    assert broker.dead_letters(CHANNEL)[0].message.fields == {"\\xff\\xfe": b"\x80"}


def test_released_messages_come_again_and_kept_ones_do_not(server: Server) -> None:
    patient = load_settings({**server.variables(), "BROKER_CLAIM_IDLE_SECONDS": "3600"})
    broker = RedisStreamBroker(patient.require_broker(), patient.aws)
    one, two = (broker.subscribe([CHANNEL], "group", name) for name in ("one", "two"))
    broker.publish_many(CHANNEL, [b"released", b"kept"])
    released, kept = read_all(one, 2)
    one.release(kept)
    one.keep(kept)
    one.release(released)
    (again,) = read_all(two, 1)
    assert (again.message.data, again.attempt) == (b"released", 2)
    assert one.pending_count() == 1
    broker.close()


def test_a_message_released_for_later_stays_until_then(server: Server) -> None:
    patient = load_settings({**server.variables(), "BROKER_CLAIM_IDLE_SECONDS": "3600"})
    broker = RedisStreamBroker(patient.require_broker(), patient.aws)
    subscription = broker.subscribe([CHANNEL], "group", "one")
    broker.publish(CHANNEL, b"later")
    (delivery,) = read_all(subscription, 1)
    subscription.release(delivery, after_seconds=1800)
    client = server.client()
    (pending,) = client.xpending_range(CHANNEL, "group", min="-", max="+", count=1)
    client.close()
    assert pending["time_since_delivered"] >= 1_800_000
    assert pending["times_delivered"] == 1
    broker.close()


def test_a_group_survives_the_loss_of_its_stream(broker: RedisStreamBroker, server: Server) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    client = server.client()
    client.delete(CHANNEL)
    client.close()
    broker.publish(CHANNEL, b"after the loss")
    assert [delivery.message.data for delivery in read_all(subscription, 1)] == [b"after the loss"]


def test_close_from_another_thread_ends_a_read_and_forgets_the_consumer(
    broker: RedisStreamBroker, server: Server
) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    answers: list[list[Delivery]] = []
    reader = threading.Thread(target=lambda: answers.append(subscription.read(1, wait_seconds=600)))
    reader.start()
    client = server.client()
    until(lambda: client.xinfo_consumers(CHANNEL, "group"), "the consumer to read")
    subscription.close()
    reader.join(timeout=60)
    assert answers == [[]]
    assert client.xinfo_consumers(CHANNEL, "group") == []
    client.close()


def test_a_closed_consumer_that_holds_messages_is_not_forgotten(broker: RedisStreamBroker) -> None:
    subscription = broker.subscribe([CHANNEL], "group", "one")
    broker.publish(CHANNEL, b"held")
    read_all(subscription, 1)
    subscription.close()
    (delivery,) = read_all(broker.subscribe([CHANNEL], "group", "two"), 1)
    assert delivery.message.data == b"held"


def test_broadcasts_reach_who_listens_and_leave_nothing(broker: RedisStreamBroker, server: Server) -> None:
    assert broker.broadcast("hints", b"nobody") == 0
    listener = broker.listen(["hints", "other"])
    assert broker.broadcast("hints", b"somebody") == 1
    hint = listener.read(wait_seconds=30)
    assert hint is not None
    assert (hint.channel, hint.data) == ("hints", b"somebody")
    assert listener.read(wait_seconds=0.05) is None
    listener.close()
    assert broker.broadcast("hints", b"gone") == 0
    client = server.client()
    assert client.keys("hints*") == []
    client.close()


def test_a_channel_nobody_used_has_no_dead_letters(broker: RedisStreamBroker) -> None:
    assert broker.dead_letters(OTHER) == []
