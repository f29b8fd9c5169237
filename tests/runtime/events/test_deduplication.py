from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.database.conftest import settings_for
from tests.runtime.events.conftest import EventBus
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.until import until

from studyruntime.database import Database
from studyruntime.errors import Unavailable
from studyruntime.events.catalogue import DocumentProcessing
from studyruntime.events.deduplication import Claim
from studyruntime.events.inbox import CREATE_INBOX, DROP_INBOX, Inbox

EVENT = DocumentProcessing(user_id="u", document_id="d")


def test_a_key_is_granted_to_one_and_done_for_all(bus: EventBus) -> None:
    first, second = bus.deduplicator("first", 60.0), bus.deduplicator("second", 60.0)

    assert first.claim(["a", "b"]) == [Claim.GRANTED, Claim.GRANTED]
    assert second.claim(["a", "c"]) == [Claim.BUSY, Claim.GRANTED]
    assert first.claim(["a"]) == [Claim.GRANTED], "asked again because an answer was lost"
    first.complete(["a"])
    assert [first.claim(["a"]), second.claim(["a"])] == [[Claim.DONE], [Claim.DONE]]
    assert first.claim([]) == []


def test_a_released_key_is_free_and_nobody_releases_what_is_not_his(bus: EventBus) -> None:
    first, second = bus.deduplicator("first", 60.0), bus.deduplicator("second", 60.0)
    first.claim(["a", "done"])
    first.complete(["done"])

    second.release(["a", "done"])
    assert second.claim(["a", "done"]) == [Claim.BUSY, Claim.DONE]
    first.release(["a"])
    assert second.claim(["a"]) == [Claim.GRANTED]


def test_the_claim_of_a_dead_consumer_ends_with_its_lease(bus: EventBus) -> None:
    bus.deduplicator("dead", 0.05).claim(["a"])
    heir = bus.deduplicator("heir", 60.0)

    until(lambda: heir.claim(["a"]) == [Claim.GRANTED], "the lease ran out")


def test_a_renewed_claim_lasts(bus: EventBus) -> None:
    slow = bus.deduplicator("slow", 60.0)
    bus.deduplicator("slow", 0.2).claim(["a"])

    slow.renew(["a"])

    client = bus.server.client()
    assert int(client.pttl("study_ai_handled:a")) > 30_000
    client.close()


class Model:
    """What a deduplicator promises, in memory."""

    def __init__(self) -> None:
        self.owner: dict[str, str] = {}
        self.done: set[str] = set()

    def claim(self, who: str, key: str) -> Claim:
        if key in self.done:
            return Claim.DONE
        return Claim.GRANTED if self.owner.setdefault(key, who) == who else Claim.BUSY


steps = st.lists(
    st.tuples(st.sampled_from(["claim", "complete", "release"]), st.sampled_from("xy"), st.sampled_from("abc")),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps)
def test_it_behaves_like_its_model(bus: EventBus, steps: list[tuple[str, str, str]]) -> None:
    client = bus.server.client()
    client.flushall()
    client.close()
    model, real = Model(), {who: bus.deduplicator(who, 60.0) for who in "xy"}
    for step, who, key in steps:
        if step == "claim":
            assert real[who].claim([key]) == [model.claim(who, key)]
        elif model.owner.get(key) == who and key not in model.done:
            if step == "complete":
                real[who].complete([key])
                model.done.add(key)
            else:
                real[who].release([key])
                del model.owner[key]


def test_without_redis_nothing_is_granted(own_bus: EventBus) -> None:
    deduplicator = own_bus.deduplicator()
    own_bus.server.kill()

    with pytest.raises(Unavailable):
        deduplicator.claim(["a"])


@pytest.fixture
def database(postgres: EmptyDatabase) -> Iterator[Database]:
    opened = Database(settings_for(postgres.port, postgres.name))
    with opened.engine.begin() as connection:
        for statement in CREATE_INBOX:
            connection.exec_driver_sql(statement)
    yield opened
    opened.close()


def test_an_inbox_accepts_an_event_once_a_group(database: Database) -> None:
    with database.session() as session:
        assert Inbox("a").accept(session, EVENT)
        assert not Inbox("a").accept(session, EVENT)
    with database.session() as session:
        assert not Inbox("a").accept(session, EVENT)
        assert Inbox("b").accept(session, EVENT)


def test_an_inbox_forgets_with_the_transaction(database: Database) -> None:
    with pytest.raises(ValueError, match="failed"), database.session() as session:
        Inbox("a").accept(session, EVENT)
        raise ValueError("failed")

    with database.session() as session:
        assert Inbox("a").accept(session, EVENT)


def test_an_inbox_is_tidied_by_age_and_group(database: Database) -> None:
    with database.session() as session:
        Inbox("a").accept(session, EVENT)
        Inbox("b").accept(session, EVENT)

    with database.session() as session:
        assert Inbox("a").forget(session, older_than_seconds=60.0) == 0
        assert Inbox("a").forget(session, older_than_seconds=-1.0) == 1
        assert Inbox("a").accept(session, EVENT)
        assert not Inbox("b").accept(session, EVENT)


def test_the_inbox_can_be_taken_away(database: Database) -> None:
    with database.engine.begin() as connection:
        for statement in DROP_INBOX:
            connection.exec_driver_sql(statement)
        assert connection.exec_driver_sql("SELECT to_regclass('handled_events')").scalar_one() is None
