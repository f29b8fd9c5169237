"""A database with an outbox, and streams to relay to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.runtime.database.conftest import settings_for
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.servers.process import HOST
from tests.support.servers.valkey import ValkeyServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import BrokerSettings, OutboxSettings
from studyruntime.database import Database
from studyruntime.events.catalogue import DocumentProcessing
from studyruntime.events.codec import EventCodec
from studyruntime.events.event import Event
from studyruntime.outbox import Outbox, create_outbox, outbox_events

CODEC = EventCodec()
SETTINGS = OutboxSettings(interval_seconds=0.2, retry_delay_seconds=0.05, max_retries=2)


def an_event(document: str = "doc", **metadata: Any) -> Event:
    return DocumentProcessing(user_id="user", document_id=document, **metadata)


def add(database: Database, events: Sequence[Event]) -> None:
    with database.primary_session() as session:
        Outbox(CODEC).add_many(session, events)


def counts(database: Database) -> dict[str, int]:
    with database.primary_session() as session:
        table = outbox_events.c
        return {row[0]: row[1] for row in session.execute(select(table.status, func.count()).group_by(table.status))}


def published(server: ValkeyServer) -> list[str]:
    """Ids of the events in the stream of documents, oldest first."""
    client = server.client()
    entries: Any = client.xrange("study_ai_events:document")
    client.close()
    return [CODEC.decode(fields[b"data"]).event_id for _, fields in entries]


@pytest.fixture
def database(postgres: EmptyDatabase) -> Iterator[Database]:
    opened = Database(settings_for(postgres.port, postgres.name))
    with opened.engine.begin() as connection:
        create_outbox(connection)
    yield opened
    opened.close()


@pytest.fixture
def broker_to() -> Iterator[Callable[[ValkeyServer], RedisStreamBroker]]:
    brokers: list[RedisStreamBroker] = []

    def connect(server: ValkeyServer) -> RedisStreamBroker:
        broker = RedisStreamBroker(BrokerSettings(host=HOST, port=server.port, retry_seconds=0.2, timeout_seconds=5))
        brokers.append(broker)
        return broker

    yield connect
    for broker in brokers:
        broker.close()
