from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import registry
from tests.runtime.outbox.conftest import CODEC, add, an_event, counts

from studyruntime.database import Database
from studyruntime.errors import ConfigurationError
from studyruntime.events.catalogue import DocumentUploaded
from studyruntime.outbox import DROP_OUTBOX, Outbox, OutboxStore, outbox_events
from studyruntime.outbox.lifecycle import Settlement, Status
from studyruntime.outbox.store import CLAIM

StoreFor = Callable[..., OutboxStore]


@pytest.fixture
def store_for(database: Database) -> Iterator[StoreFor]:
    """Opens the table for a relay of some name."""
    with ExitStack() as connections:
        yield lambda relay="relay": OutboxStore(connections.enter_context(database.raw_connection()), relay)


def columns_of(table: Table) -> list[tuple[str, str, bool | None, bool]]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return [(c.name, c.type.compile(dialect), c.nullable, c.primary_key) for c in table.columns]


def ids(store: OutboxStore, count: int = 100, lease_seconds: float = 60.0) -> list[str]:
    return [row.event_id for row in store.claim(count, lease_seconds)]


def add_named(database: Database, *names: str) -> None:
    """Events named like `a1`: the first event of document `a`."""
    add(database, [an_event(name[0], event_id=name) for name in names])


def test_the_migration_makes_the_table_that_the_code_expects(database: Database) -> None:
    made = Table("outbox_events", MetaData(), autoload_with=database.engine)

    assert columns_of(made) == columns_of(outbox_events)


def test_the_migration_can_be_undone(database: Database) -> None:
    with database.engine.begin() as connection:
        for statement in DROP_OUTBOX:
            connection.exec_driver_sql(statement)
        left = connection.execute(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'notify_outbox%'"))
        assert left.scalar_one() == 0


def test_only_known_states_can_be_written(database: Database) -> None:
    add_named(database, "a1")

    for change, constraint in (
        ("status = 'lost'", "outbox_events_status"),
        ("status = 'dead'", "outbox_events_open"),
        ("is_open = false", "outbox_events_open"),
        ("open_subject = 'b'", "outbox_events_open"),
        ("published_at = now()", "outbox_events_completed"),
    ):
        with pytest.raises(IntegrityError, match=constraint), database.engine.begin() as connection:
            connection.execute(text(f"UPDATE outbox_events SET {change}"))  # noqa: S608


def test_an_event_is_in_the_table_if_and_only_if_the_caller_commits(database: Database) -> None:
    add_named(database, "a1")
    with pytest.raises(ValueError, match="changed my mind"), database.session() as session:
        Outbox(CODEC).add(session, an_event("a", event_id="a2"))
        raise ValueError("changed my mind")

    assert counts(database) == {"pending": 1}


def test_the_row_holds_the_event_as_it_will_be_published(database: Database, store_for: StoreFor) -> None:
    event = an_event("a")
    add(database, [event])

    (row,) = store_for().claim(1, 60.0)

    assert CODEC.decode(row.payload) == event
    assert (row.channel, row.subject, row.event_type) == ("study_ai_events:document", "document/a", event.event_type)


def test_what_may_only_travel_encrypted_is_encrypted_in_the_table_already(database: Database) -> None:
    event = DocumentUploaded(user_id="u", document_id="a", filename="f", file_size=1, content_type="text/plain")

    with pytest.raises(ConfigurationError, match="filename"):
        add(database, [event])
    add(database, [])
    assert counts(database) == {}


def test_a_commit_wakes_who_waits(database: Database, store_for: StoreFor) -> None:
    store = store_for()
    store.prepare()
    assert not store.wait(0.0)

    waking = threading.Timer(0.1, add_named, args=(database, "a1"))
    waking.start()

    assert store.wait(60.0)
    waking.join()
    add_named(database, "a2", "a3")
    assert store.wait(60.0) and not store.wait(0.0)


def test_two_relays_never_hold_the_same_event(database: Database, store_for: StoreFor) -> None:
    names = [f"{letter}1" for letter in "abcdefghij"]
    add_named(database, *names)
    first, second = store_for("first"), store_for("second")

    held = ids(first, 4) + ids(second, 4) + ids(first, 4)

    assert held == names
    assert ids(second) == []


def test_nothing_of_a_subject_overtakes_what_another_relay_holds(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "b1", "a2", "c1", "a3")
    first, second = store_for("first"), store_for("second")
    (held,) = first.claim(1, 60.0)

    assert held.event_id == "a1"
    assert ids(second) == ["b1", "c1"]
    first.complete([held.id])
    assert ids(second) == ["a2", "a3"]


def test_nothing_overtakes_a_row_that_is_locked_but_not_claimed_yet(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "b1", "a2")
    with database.engine.begin() as connection:
        connection.execute(select(outbox_events.c.id).where(outbox_events.c.event_id == "a1").with_for_update())

        assert ids(store_for()) == ["b1"]


def test_an_event_that_waits_holds_back_its_subject_only(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "a2", "b1")
    store = store_for()
    first, _, _ = store.claim(3, 60.0)
    store.settle([(first.id, Settlement(Status.FAILED, 1, wait_seconds=60.0, error="no"))])
    add_named(database, "a3", "b2")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE outbox_events SET available_at = now() WHERE event_id IN ('a2', 'b1')"))

    assert ids(store) == ["b1", "b2"]


def test_many_that_wait_do_not_hide_the_others(database: Database, store_for: StoreFor) -> None:
    add_named(database, *(f"a{number}" for number in range(500)), "b1")
    store = store_for()
    (first,) = store.claim(1, 60.0)
    store.settle([(first.id, Settlement(Status.FAILED, 1, wait_seconds=60.0, error="no"))])

    assert ids(store, 10) == ["b1"]


def test_a_dead_event_holds_back_nothing_and_can_be_tried_again(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "a2")
    store = store_for()
    (first,) = store.claim(1, 60.0)
    store.settle([(first.id, Settlement(Status.DEAD, 3, error="refused"))])

    assert ids(store) == ["a2"]
    (dead,) = store.dead()
    assert (dead.event_id, dead.attempts, dead.last_error) == ("a1", 3, "refused")
    assert store.requeue([dead.id, 10_000]) == 1
    assert store.dead() == []
    assert [(row.event_id, row.attempts) for row in store.claim(10, 60.0)] == [("a1", 0)]


def test_what_a_dead_relay_held_comes_back_after_the_lease(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "a2")
    killed, other = store_for("killed"), store_for("other")
    rows = killed.claim(10, lease_seconds=0.0)

    assert ids(other) == ["a1", "a2"]
    assert killed.complete([row.id for row in rows]) == 0, "it is too late for the first one"
    killed.settle([(rows[0].id, Settlement(Status.DEAD, 9))])
    assert counts(database) == {"processing": 2}


def test_an_event_without_a_subject_waits_for_nobody(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "a2")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE outbox_events SET subject = NULL, open_subject = NULL"))
    first, second = store_for("first"), store_for("second")

    assert (ids(first, 1), ids(second, 1)) == (["a1"], ["a2"])


@pytest.mark.parametrize("subjects", [1, 50])
def test_a_claim_costs_the_same_however_much_waits(database: Database, store_for: StoreFor, subjects: int) -> None:
    store = store_for()
    store.prepare()
    add(database, [an_event("x") for _ in range(2000)])
    while rows := store.claim(500, 60.0):
        store.complete([row.id for row in rows])
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE outbox_events"))  # the planner now believes that nothing ever waits
    add(database, [an_event(str(number % subjects)) for number in range(5000)])

    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIM}".encode()
    row = store._connection.execute(explain, {"count": 50, "relay": "relay", "lease": 60.0}).fetchone()

    assert row is not None
    assert rows_read(row[0][0]["Plan"]) < 5000


def rows_read(plan: dict[str, Any]) -> float:
    """Rows that a plan looked at, those it threw away included."""
    thrown_away = sum(value for name, value in plan.items() if name.startswith("Rows Removed"))
    own = (plan["Actual Rows"] + thrown_away) * plan["Actual Loops"]
    return float(own + sum(rows_read(part) for part in plan.get("Plans", ())))


def test_completed_rows_go_when_they_are_old(database: Database, store_for: StoreFor) -> None:
    add_named(database, "a1", "b1", "c1", "d1")
    store = store_for()
    rows = store.claim(3, 60.0)
    store.complete([row.id for row in rows])
    assert store.purge(older_than_seconds=3600) == 0

    assert (store.purge(older_than_seconds=-1, count=2), store.purge(older_than_seconds=-1)) == (2, 1)
    assert counts(database) == {"pending": 1}


def test_the_backlog_is_what_waits(database: Database, store_for: StoreFor) -> None:
    store = store_for()
    assert store.backlog().count == 0
    add_named(database, "a1", "b1", "c1")
    store.complete([row.id for row in store.claim(1, 60.0)])

    backlog = store.backlog()

    assert backlog.count == 2
    assert 0 <= backlog.oldest_age_seconds < 3600


def test_changes_of_the_session_are_locked_before_the_event_gets_its_place(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (id integer PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE seen (things integer)"))
        connection.execute(
            text(
                "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN INSERT INTO seen SELECT count(*) FROM thing; RETURN NULL; END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER look AFTER INSERT ON outbox_events EXECUTE FUNCTION look()"))
        things = Table("thing", MetaData(), autoload_with=connection)

    class Thing:
        id: int

    registry().map_imperatively(Thing, things)
    with database.session() as session:
        thing = Thing()
        thing.id = 1
        session.add(thing)
        Outbox(CODEC).add(session, an_event("a"))

    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT things FROM seen")).scalars().all() == [1]
