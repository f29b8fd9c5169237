from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import amqp
import pytest
from tests.runtime.outbox.conftest import CODEC, SETTINGS, add, an_event, counts
from tests.support.servers.process import HOST, free_port
from tests.support.servers.rabbitmq import RabbitServer

from studyruntime.database import Database
from studyruntime.outbox import OutboxRelay, OutboxRow, RabbitTarget, Result


def row(number: int, event_type: str = "document.processing", payload: bytes = b"{}") -> OutboxRow:
    return OutboxRow(
        id=number,
        event_id=f"e{number}",
        event_type=event_type,
        channel="study_ai_events:document",
        subject="document/a",
        payload=payload,
        attempts=0,
        created_at=datetime.now(UTC),
    )


@pytest.fixture
def queue(rabbitmq: RabbitServer) -> Iterator[amqp.Channel]:
    """A queue that takes everything about documents from an exchange of this test."""
    with amqp.Connection(host=f"{HOST}:{rabbitmq.port}") as connection:
        channel = connection.channel()
        channel.exchange_declare("events", "topic", durable=True, auto_delete=False)
        channel.queue_declare("documents", exclusive=True)
        channel.queue_bind("documents", "events", "document.#")
        yield channel
    with amqp.Connection(host=f"{HOST}:{rabbitmq.port}") as connection:
        connection.channel().exchange_delete("events")


@pytest.fixture
def target(rabbitmq: RabbitServer) -> Iterator[RabbitTarget]:
    opened = RabbitTarget(f"amqp://guest:guest@{HOST}:{rabbitmq.port}/", exchange="events")
    yield opened
    opened.close()


def taken(channel: amqp.Channel) -> list[amqp.Message]:
    messages = []
    while (message := channel.basic_get("documents", no_ack=True)) is not None:
        messages.append(message)
    return messages


def test_a_batch_arrives_in_order_and_lasting(queue: amqp.Channel, target: RabbitTarget) -> None:
    outcomes = target.publish([row(number, payload=str(number).encode()) for number in range(200)])

    messages = taken(queue)
    assert {outcome.result for outcome in outcomes} == {Result.PUBLISHED}
    assert [message.body for message in messages] == [str(number).encode() for number in range(200)]
    first = messages[0].properties
    assert (first["message_id"], first["type"], first["delivery_mode"]) == ("e0", "document.processing", 2)
    assert first["application_headers"] == {"channel": "study_ai_events:document", "subject": "document/a"}
    assert first["content_type"] == "application/cloudevents+json"


def test_what_no_queue_takes_is_refused_and_the_others_are_not(queue: amqp.Channel, target: RabbitTarget) -> None:
    outcomes = target.publish([row(1), row(2, event_type="quiz.generated"), row(3)])

    assert [outcome.result for outcome in outcomes] == [Result.PUBLISHED, Result.REFUSED, Result.PUBLISHED]
    assert "no queue takes it" in outcomes[1].detail
    assert [message.properties["message_id"] for message in taken(queue)] == ["e1", "e3"]


def test_events_reach_the_queue_through_the_relay(
    database: Database, queue: amqp.Channel, target: RabbitTarget
) -> None:
    event = an_event()
    add(database, [event])

    OutboxRelay(SETTINGS, database, target).drain()

    (message,) = taken(queue)
    assert CODEC.decode(message.body) == event
    assert counts(database) == {"completed": 1}


def test_a_restart_of_rabbitmq_is_survived(rabbitmq: RabbitServer, queue: amqp.Channel, target: RabbitTarget) -> None:
    assert target.publish([row(1)])[0].result is Result.PUBLISHED
    queue.connection.close()
    rabbitmq.stop()

    outcomes = target.publish([row(2), row(3)])
    assert {outcome.result for outcome in outcomes} == {Result.UNREACHED}, outcomes

    rabbitmq.start()
    with amqp.Connection(host=f"{HOST}:{rabbitmq.port}") as connection:
        channel = connection.channel()
        channel.queue_declare("documents", exclusive=True)
        channel.queue_bind("documents", "events", "document.#")
        assert target.publish([row(2)])[0].result is Result.PUBLISHED
        assert [message.properties["message_id"] for message in taken(channel)] == ["e2"]


def test_nobody_listening_is_an_outage() -> None:
    target = RabbitTarget(f"amqp://guest:guest@{HOST}:{free_port()}/", timeout_seconds=2.0)

    (outcome,) = target.publish([row(1)])

    assert outcome.result is Result.UNREACHED
    target.close()


def test_an_exchange_of_another_kind_is_an_outage_to_be_mended(rabbitmq: RabbitServer, target: RabbitTarget) -> None:
    with amqp.Connection(host=f"{HOST}:{rabbitmq.port}") as connection:
        channel = connection.channel()
        channel.exchange_declare("events", "fanout", durable=True, auto_delete=False)

        (outcome,) = target.publish([row(1)])

        assert (outcome.result, "PRECONDITION" in outcome.detail) == (Result.UNREACHED, True)
        channel.exchange_delete("events")


def test_a_message_that_closes_the_channel_does_not_take_others_with_it(
    queue: amqp.Channel, target: RabbitTarget
) -> None:
    rows = [row(1), row(2, payload=b"x" * (130 * 2**20)), row(3)]  # RabbitMQ takes 128 MiB

    outcomes = target.publish(rows)

    assert [outcome.result for outcome in outcomes] == [Result.PUBLISHED, Result.REFUSED, Result.PUBLISHED]
    assert {message.properties["message_id"] for message in taken(queue)} == {"e1", "e3"}
