from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import text
from tests.runtime.outbox.conftest import CODEC, SETTINGS, add, an_event, counts, published
from tests.support.servers.valkey import ValkeyServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.database import Database
from studyruntime.outbox import Batch, OutboxRelay, OutboxRow, OutboxStore, Outcome, Result, StreamTarget
from studyruntime.outbox.lifecycle import PUBLISHED

BrokerTo = Callable[[ValkeyServer], RedisStreamBroker]
Run = Callable[[OutboxRelay], threading.Event]
CHANNEL = "study_ai_events:document"


class Judge:
    """A target that takes what it is told to take, and writes down what it took."""

    def __init__(self, verdict: Callable[[OutboxRow], Outcome]) -> None:
        self.verdict = verdict
        self.taken: list[str] = []
        self.seen = threading.Semaphore(0)

    def publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        outcomes = [self.verdict(row) for row in rows]
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome.result is Result.PUBLISHED:
                self.taken.append(row.event_id)
            self.seen.release()
        return outcomes

    def close(self) -> None:
        pass


def refuse(name: str) -> Callable[[OutboxRow], Outcome]:
    return lambda row: Outcome(Result.REFUSED, "not this one") if row.event_id == name else PUBLISHED


@pytest.fixture
def running() -> Iterator[Run]:
    """Runs relays in threads, until the test ends."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def run(relay: OutboxRelay) -> threading.Event:
        thread = threading.Thread(target=relay.run, args=(stop,))
        thread.start()
        threads.append(thread)
        return stop

    yield run
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_what_is_committed_is_published_in_order(database: Database, valkey: ValkeyServer, broker_to: BrokerTo) -> None:
    names = [f"e{number}" for number in range(250)]
    add(database, [an_event(event_id=name) for name in names])
    heard: list[tuple[Batch, float]] = []
    relay = OutboxRelay(
        SETTINGS, database, StreamTarget(broker_to(valkey)), observe=lambda batch, age: heard.append((batch, age))
    )

    assert relay.drain() == Batch(claimed=250, published=250)
    assert published(valkey) == names
    assert counts(database) == {"completed": 250}
    assert [batch.published for batch, _ in heard] == [100, 100, 50]
    assert all(0 <= age < 3600 for _, age in heard)


def test_a_relay_that_runs_hears_of_a_commit_and_stops_when_told(database: Database, running: Run) -> None:
    judge = Judge(lambda _row: PUBLISHED)
    relay = OutboxRelay(SETTINGS.model_copy(update={"interval_seconds": 20.0}), database, judge)
    stop = running(relay)

    add(database, [an_event(event_id="a")])
    assert judge.seen.acquire(timeout=30)
    add(database, [an_event(event_id="b")])
    assert judge.seen.acquire(timeout=15), "it was woken, for its interval is longer than this wait"

    stop.set()
    assert judge.taken == ["a", "b"]
    with database.engine.begin() as connection:  # wakes it, so that the test need not wait for the interval
        connection.execute(text("NOTIFY outbox_events"))


def test_a_poison_event_is_tried_again_and_becomes_a_dead_letter(database: Database) -> None:
    add(database, [an_event("a", event_id="a1"), an_event("a", event_id="poison"), an_event("b", event_id="b1")])
    judge = Judge(refuse("poison"))
    relay = OutboxRelay(SETTINGS, database, judge)

    deadline = time.monotonic() + 60
    while counts(database).get("dead") is None:
        relay.drain()
        assert time.monotonic() < deadline
    add(database, [an_event("a", event_id="a2")])
    relay.drain()

    assert judge.taken == ["a1", "b1", "a2"]
    with database.raw_connection() as connection:
        store = OutboxStore(connection, "operator")
        (dead,) = store.dead()
        assert (dead.event_id, dead.attempts, dead.last_error) == ("poison", SETTINGS.max_retries + 1, "not this one")
        judge.verdict = lambda _row: PUBLISHED
        store.requeue([dead.id])
    relay.drain()
    assert judge.taken[-1] == "poison"
    assert counts(database) == {"completed": 4}


def test_a_subject_waits_for_its_event_that_was_refused(database: Database) -> None:
    judge = Judge(refuse("a1"))
    relay = OutboxRelay(SETTINGS.model_copy(update={"retry_delay_seconds": 600.0}), database, judge)
    add(database, [an_event("a", event_id="a1")])
    relay.drain()
    add(database, [an_event("a", event_id="a2"), an_event("b", event_id="b1")])

    relay.drain()

    assert judge.taken == ["b1"]
    assert counts(database) == {"failed": 1, "pending": 1, "completed": 1}


def test_one_event_that_the_stream_refuses_does_not_take_others_with_it(
    database: Database, valkey: ValkeyServer, broker_to: BrokerTo
) -> None:
    client = valkey.client()
    client.set("study_ai_events:quiz", "no stream")
    client.close()
    add(database, [an_event(event_id="a1"), an_event(event_id="poison"), an_event(event_id="b1")])
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE outbox_events SET channel = 'study_ai_events:quiz' WHERE event_id = 'poison'"))

    batch = OutboxRelay(SETTINGS, database, StreamTarget(broker_to(valkey))).drain()

    assert (batch.published, batch.refused) == (2, 1)
    assert published(valkey) == ["a1", "b1"]


def test_an_outage_of_the_target_makes_nothing_dead(
    database: Database, own_valkey: ValkeyServer, broker_to: BrokerTo, running: Run
) -> None:
    server = own_valkey
    broker = broker_to(server)
    add(database, [an_event("a", event_id="a1")])
    server.kill()
    unreached = threading.Semaphore(0)

    def count(batch: Batch, _age: float) -> None:
        if batch.unreached:
            unreached.release()

    running(OutboxRelay(SETTINGS, database, StreamTarget(broker), observe=count))
    for _ in range(SETTINGS.max_retries + 3):
        assert unreached.acquire(timeout=60)
    assert counts(database).keys() <= {"pending", "processing"}

    server.start()
    deadline = time.monotonic() + 60
    while counts(database) != {"completed": 1}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert published(server) == ["a1"]


def test_many_relays_keep_the_order_of_each_subject(
    database: Database, valkey: ValkeyServer, broker_to: BrokerTo, running: Run
) -> None:
    subjects, per_subject, relays = 7, 150, 4
    settings = SETTINGS.model_copy(update={"batch_size": 10})
    for _ in range(relays):
        running(OutboxRelay(settings, database, StreamTarget(broker_to(valkey))))
    for number in range(per_subject):
        add(database, [an_event(str(subject), event_id=f"{subject}:{number}") for subject in range(subjects)])

    deadline = time.monotonic() + 120
    while counts(database) != {"completed": subjects * per_subject}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = published(valkey)
    for subject in range(subjects):
        mine = [name for name in told if name.startswith(f"{subject}:")]
        assert mine == [f"{subject}:{number}" for number in range(per_subject)]


def test_old_rows_are_tidied_away(database: Database, running: Run) -> None:
    add(database, [an_event()])
    relay = OutboxRelay(SETTINGS, database, Judge(lambda _row: PUBLISHED), retention_seconds=-1.0)
    relay.drain()
    assert counts(database) == {"completed": 1}

    running(relay)

    deadline = time.monotonic() + 60
    while counts(database):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_payload_arrives_byte_for_byte(database: Database, valkey: ValkeyServer, broker_to: BrokerTo) -> None:
    event = an_event("ä/ö")
    add(database, [event])

    OutboxRelay(SETTINGS, database, StreamTarget(broker_to(valkey))).drain()

    client = valkey.client()
    ((_, fields),) = client.xrange(CHANNEL)
    client.close()
    assert CODEC.decode(fields[b"data"]) == event
