"""What kills and restarts do to the relay: nothing is lost, and what comes twice is handled once."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.runtime.database.conftest import settings_for
from tests.runtime.outbox.conftest import CODEC, SETTINGS, add, an_event, counts, published
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.process import HOST
from tests.support.servers.valkey import ValkeyServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.broker.connection import RedisConnection
from studyruntime.config import BrokerSettings
from studyruntime.database import Database
from studyruntime.errors import Unavailable
from studyruntime.events.consumer import EventConsumer
from studyruntime.events.deduplication import RedisDeduplicator
from studyruntime.outbox import OutboxRelay, StreamTarget, create_outbox

KILLS = 20
SUBJECTS = 11
LEASE_SECONDS = 0.3
DEADLINE_SECONDS = 120.0


def relay_until_killed(database_port: int, broker_port: int) -> None:
    """The life of a relay process."""
    database = Database(settings_for(database_port, "postgres"))
    broker = RedisStreamBroker(BrokerSettings(host=HOST, port=broker_port, retry_seconds=0.2))
    settings = SETTINGS.model_copy(update={"batch_size": 20, "lease_seconds": LEASE_SECONDS})
    OutboxRelay(settings, database, StreamTarget(broker)).run(threading.Event())


class Writer(threading.Thread):
    """Commits events without a pause, as a busy service would, and remembers which."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._finished = threading.Event()
        self.committed: list[str] = []

    def run(self) -> None:
        number = 0
        while not self._finished.is_set():
            events = [an_event(str(n % SUBJECTS), event_id=f"{n % SUBJECTS}:{n}") for n in range(number, number + 5)]
            try:
                add(self._database, events)
            except Unavailable:
                # Nobody knows whether that commit was done: its names are used up, and it is in no account.
                time.sleep(0.01)
            else:
                self.committed += [event.event_id for event in events]
            number += 5

    def finish(self) -> None:
        self._finished.set()
        self.join()


@pytest.fixture
def shop(
    own_postgres: PostgresServer, own_valkey: ValkeyServer
) -> Iterator[tuple[Database, PostgresServer, ValkeyServer]]:
    database = Database(settings_for(own_postgres.port, "postgres"))
    with database.engine.begin() as connection:
        create_outbox(connection)
    yield database, own_postgres, own_valkey
    database.close()


@pytest.fixture
def relays() -> Iterator[Callable[[int, int], multiprocessing.process.BaseProcess]]:
    """Starts relay processes; those that still live at the end are killed."""
    context = multiprocessing.get_context("fork")
    started: list[multiprocessing.process.BaseProcess] = []

    def start(database_port: int, broker_port: int) -> multiprocessing.process.BaseProcess:
        process = context.Process(target=relay_until_killed, args=(database_port, broker_port))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)


def stream_length(server: ValkeyServer) -> int:
    client = server.client()
    length = int(client.xlen("study_ai_events:document"))
    client.close()
    return length


def handled_by_a_consumer(server: ValkeyServer, expected: int) -> list[str]:
    """What a consumer with a memory of what it handled makes of the stream."""
    settings = BrokerSettings(host=HOST, port=server.port)
    seen: list[str] = []
    with ExitStack() as opened:
        broker, connection = RedisStreamBroker(settings), RedisConnection(settings, None)
        opened.callback(broker.close)
        opened.callback(connection.close)
        deduplicator = RedisDeduplicator(connection, owner="consumer", lease_seconds=60.0)
        consumer = EventConsumer(
            broker, "group", "consumer", codec=CODEC, deduplicator=deduplicator, start_at="oldest", batch_size=500
        )
        consumer.subscribe_batch(
            lambda events: seen.extend(event.event_id for event in events), {an_event().event_type}, name="handler"
        )
        opened.callback(consumer.close)
        consumer.start()
        wait_until(
            lambda: len(seen) >= expected and broker.backlog("study_ai_events:document", "group") == 0, "all seen"
        )
    return seen


def in_order_of_each_subject(told: list[str]) -> bool:
    """Whether the first tellings of each subject's events come in the order in which they were added."""
    newest = dict.fromkeys(map(str, range(SUBJECTS)), -1)
    for name in dict.fromkeys(told):
        subject, number = name.split(":")
        if int(number) < newest[subject]:
            return False
        newest[subject] = int(number)
    return True


def test_twenty_kills_under_load_lose_nothing(
    shop: tuple[Database, PostgresServer, ValkeyServer],
    relays: Callable[[int, int], multiprocessing.process.BaseProcess],
) -> None:
    database, postgres, valkey = shop
    chance = random.Random(20)  # noqa: S311
    writer = Writer(database)
    writer.start()
    for _ in range(KILLS):
        relay = relays(postgres.port, valkey.port)
        goal = stream_length(valkey) + chance.randrange(1, 60)
        wait_until(lambda goal=goal: stream_length(valkey) >= goal, "the relay publishes")  # type: ignore[misc]
        relay.kill()
        relay.join()
    writer.finish()
    relays(postgres.port, valkey.port)
    wait_until(lambda: counts(database).keys() == {"completed"}, "everything is published")

    told = published(valkey)
    assert set(told) == set(writer.committed), "nothing is lost, and nothing is told that was not committed"
    assert len(told) - len(set(told)) <= KILLS * 20, "a kill repeats one batch at most"
    assert in_order_of_each_subject(told)
    handled = handled_by_a_consumer(valkey, len(writer.committed))
    assert sorted(handled) == sorted(writer.committed), "each is handled once"


def test_restarts_of_both_servers_under_load_lose_nothing(
    shop: tuple[Database, PostgresServer, ValkeyServer],
    relays: Callable[[int, int], multiprocessing.process.BaseProcess],
) -> None:
    database, postgres, valkey = shop
    writer = Writer(database)
    writer.start()
    relays(postgres.port, valkey.port)
    for server in (postgres, valkey, postgres, valkey):
        goal = stream_length(valkey) + 50
        wait_until(lambda goal=goal: stream_length(valkey) >= goal, "the relay publishes")  # type: ignore[misc]
        server.kill()
        server.start()
    goal = stream_length(valkey) + 50
    wait_until(lambda: stream_length(valkey) >= goal, "the relay publishes again")
    writer.finish()
    wait_until(lambda: counts(database).keys() == {"completed"}, "everything is published")

    told = published(valkey)
    assert set(writer.committed) <= set(told)
    assert in_order_of_each_subject(told)
    handled = handled_by_a_consumer(valkey, len(set(told)))
    assert sorted(handled) == sorted(set(told))
