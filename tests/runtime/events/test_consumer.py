from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from tests.runtime.events.conftest import CODEC, QUICK, EventBus, Log
from tests.support.until import until

from studyruntime.errors import ConfigurationError, MessageRejected, Unavailable
from studyruntime.events.access import ChannelAccess, ChannelForbidden
from studyruntime.events.catalogue import DocumentProcessing, QuizGenerated, UserNotification
from studyruntime.events.consumer import types_of
from studyruntime.events.event import Event
from studyruntime.events.handling import RetryRule
from studyruntime.events.kinds import Channel, EventType
from studyruntime.logs import current_correlation_id


def documents(count: int) -> list[Event]:
    return [DocumentProcessing(user_id="u", document_id=str(number)) for number in range(count)]


def ids(events: Sequence[Event]) -> list[str]:
    return [event.event_id for event in events]


def test_handlers_get_their_events_in_order(bus: EventBus) -> None:
    everything, quizzes = Log(), Log()
    consumer = bus.consumer()
    consumer.subscribe(everything, EventType, name="everything")
    consumer.subscribe_to_quiz_events(quizzes)
    told = documents(120)
    quiz = QuizGenerated(user_id="u", quiz_id="q", question_count=1)

    bus.publisher.publish_many([*told, quiz])
    consumer.start()

    until(lambda: len(everything.ids()) == 121 and len(quizzes.ids()) == 1, "all are handled")
    assert [name for name in everything.ids() if name != quiz.event_id] == ids(told)
    assert quizzes.done == [quiz]
    until(lambda: bus.backlog() == bus.backlog(kind="quiz") == 0, "all are acknowledged")


@pytest.mark.parametrize(
    ("method", "channels"),
    [
        ("subscribe_to_document_events", {Channel.DOCUMENT}),
        ("subscribe_to_indexing_events", {Channel.INDEXING}),
        ("subscribe_to_quiz_events", {Channel.QUIZ}),
        ("subscribe_to_task_events", {Channel.TASK}),
        ("subscribe_to_user_notifications", {Channel.USER}),
        ("subscribe_to_all_events", set(Channel)),
    ],
)
def test_each_subscription_covers_its_channels(bus: EventBus, method: str, channels: set[Channel]) -> None:
    for forbidden in Channel:
        access = ChannelAccess(consume=tuple(channel for channel in Channel if channel is not forbidden))
        consumer = bus.consumer(access=access)
        if forbidden in channels:
            with pytest.raises(ChannelForbidden, match=forbidden.value):
                getattr(consumer, method)(Log())
        else:
            getattr(consumer, method)(Log())


def test_the_channels_share_the_types_out() -> None:
    assert sorted(event_type for channel in Channel for event_type in types_of(channel)) == sorted(EventType)


def test_a_duplicate_is_handled_once(bus: EventBus) -> None:
    (event,) = documents(1)
    for _ in range(3):
        bus.publisher.publish(event)
    log = Log()
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    consumer.start()
    until(lambda: bus.backlog() == 0 and bool(log.calls), "all are acknowledged")
    consumer.close()
    bus.publisher.publish(event)

    again = bus.consumer(name="later")
    again.subscribe_to_document_events(log)
    again.start()

    until(lambda: bus.backlog() == 0, "the late duplicate is acknowledged")
    assert log.calls == [event]


def test_a_group_shares_the_work_and_groups_do_not(bus: EventBus) -> None:
    told = documents(200)
    shared, alone = Log(), Log()
    for name in ("one", "two"):
        member = bus.consumer("shared", name, batch_size=5)
        member.subscribe(shared, [EventType.DOCUMENT_PROCESSING], name="shared")
        member.start()
    other = bus.consumer("alone", "three")
    other.subscribe(alone, [EventType.DOCUMENT_PROCESSING], name="alone")
    other.start()
    bus.publisher.publish_many(told)

    until(lambda: len(shared.ids()) == len(alone.ids()) == 200, "both groups saw all")
    assert sorted(shared.ids()) == sorted(ids(told))


def test_a_handler_that_fails_is_called_again(bus: EventBus) -> None:
    failures = iter([ValueError("first"), ValueError("second"), None])
    log = Log(lambda _event: next(failures))
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    told = documents(1)
    bus.publisher.publish_many(told)
    consumer.start()

    until(lambda: log.ids() == ids(told), "the third call succeeded")
    assert len(log.calls) == 3
    assert bus.dead() == []


def test_a_poison_event_goes_to_the_dead_letters_and_the_others_do_not_wait(bus: EventBus) -> None:
    told = documents(5)
    poison = told[2]
    log = Log(lambda event: ValueError("cannot mail ada@example.com") if event == poison else None)
    consumer = bus.consumer()
    consumer.subscribe(log, types_of(Channel.DOCUMENT), name="mailer")
    bus.publisher.publish_many(told)
    consumer.start()

    until(lambda: len(bus.dead()) == 1, "it is dead")
    until(lambda: bus.backlog() == 0, "nothing is left")
    assert log.ids() == ids([event for event in told if event != poison])
    assert log.calls.count(poison) == QUICK.attempts
    assert bus.dead() == ["mailer failed 3 times, last: ValueError: cannot mail [email]"]

    log.failing = lambda _event: None
    (letter,) = bus.broker.dead_letters(Channel.DOCUMENT.value)
    bus.broker.redeliver(letter)
    until(lambda: poison.event_id in log.ids(), "mended, it is handled")


def test_what_a_handler_will_never_do_is_not_tried_again(bus: EventBus) -> None:
    log = Log(lambda _event: MessageRejected("no such document"))
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    bus.publisher.publish_many(documents(1))
    consumer.start()

    until(lambda: bus.dead() == ["MessageRejected: no such document"], "it is dead")
    assert len(log.calls) == 1


def test_one_handler_failing_does_not_repeat_the_other(bus: EventBus) -> None:
    good, bad = Log(), Log(lambda _event: ValueError("no"))
    consumer = bus.consumer()
    consumer.subscribe(good, types_of(Channel.DOCUMENT), name="good")
    consumer.subscribe(bad, types_of(Channel.DOCUMENT), name="bad")
    bus.publisher.publish_many(documents(1))
    consumer.start()
    until(lambda: len(bus.dead()) == 1, "it is dead")

    bad.failing = lambda _event: None
    bus.broker.redeliver(bus.broker.dead_letters(Channel.DOCUMENT.value)[0])

    until(lambda: len(bad.done) == 1, "the other one did it in the end")
    assert len(good.calls) == 1


def test_an_outage_of_a_dependency_rejects_nothing(bus: EventBus) -> None:
    is_away = threading.Event()
    is_away.set()
    log = Log(lambda _event: Unavailable("database", "starting up") if is_away.is_set() else None)
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    told = documents(3)
    bus.publisher.publish_many(told)
    consumer.start()

    until(lambda: len(log.calls) > 3 * QUICK.attempts, "it is tried and tried")
    is_away.clear()

    until(lambda: log.ids() == ids(told), "all are handled, in order")
    assert bus.dead() == []


def test_a_consumer_that_must_stop_leaves_its_work_to_others(bus: EventBus) -> None:
    stuck = Log(lambda _event: Unavailable("database", "away"))
    leaving = bus.consumer(name="leaving", rule=RetryRule(delay_seconds=30.0, max_delay_seconds=30.0))
    leaving.subscribe(stuck, types_of(Channel.DOCUMENT), name="handler")
    told = documents(4)
    bus.publisher.publish_many(told)
    leaving.start()
    until(lambda: len(stuck.calls) == 1, "it waits for its dependency")

    leaving.close()
    log = Log()
    heir = bus.consumer(name="heir")
    heir.subscribe(log, types_of(Channel.DOCUMENT), name="handler")
    heir.start()

    until(lambda: sorted(log.ids()) == sorted(ids(told)), "the heir did it")


def test_a_message_that_is_no_event_goes_to_the_dead_letters(bus: EventBus) -> None:
    log = Log()
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    told = documents(1)
    bus.broker.publish(Channel.DOCUMENT.value, b"no event")
    bus.publisher.publish_many(told)
    consumer.start()

    until(lambda: log.ids() == ids(told), "the good one is handled")
    assert "no event" in bus.dead()[0]


def test_types_and_versions_of_newer_releases(bus: EventBus) -> None:
    payload = CODEC.encode(documents(1)[0])
    log = Log()
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    bus.broker.publish(Channel.DOCUMENT.value, payload.replace(b"document.processing", b"document.shredded"))
    bus.broker.publish(Channel.DOCUMENT.value, payload.replace(b"processing:1", b"processing:2"))
    consumer.start()

    until(lambda: bus.backlog() == 1, "the unknown type is passed over")
    until(lambda: len(bus.dead()) == 1, "the newer version is dead when no newer consumer came")
    assert log.calls == []
    (letter,) = bus.broker.dead_letters(Channel.DOCUMENT.value)
    assert b"processing:2" in letter.message.data, "and nothing of it is lost"


class Batches:
    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.failing: set[str] = set()

    def __call__(self, events: Sequence[Event]) -> None:
        self.calls.append(ids(events))
        if self.failing & set(self.calls[-1]):
            raise ValueError("one of them")


def test_a_batch_handler_gets_what_came_at_once(bus: EventBus) -> None:
    batches = Batches()
    consumer = bus.consumer(batch_size=40)
    consumer.subscribe_batch(batches, [EventType.DOCUMENT_PROCESSING], name="batches")
    told = documents(100)
    bus.publisher.publish_many(told)
    consumer.start()

    until(lambda: sum(map(len, batches.calls)) == 100, "all came")
    assert [name for call in batches.calls for name in call] == ids(told)
    assert max(map(len, batches.calls)) == 40


def test_a_failing_batch_is_taken_apart(bus: EventBus) -> None:
    batches = Batches()
    told = documents(4)
    batches.failing = {told[1].event_id}
    consumer = bus.consumer()
    consumer.subscribe_batch(batches, [EventType.DOCUMENT_PROCESSING], name="batches")
    bus.publisher.publish_many(told)
    consumer.start()

    until(lambda: len(bus.dead()) == 1, "one is dead")
    until(lambda: bus.backlog() == 0, "the others are done")
    (letter,) = bus.broker.dead_letters(Channel.DOCUMENT.value)
    assert CODEC.decode(letter.message.data) == told[1]
    alone = [call[0] for call in batches.calls if len(call) == 1]
    assert [name for name in alone if name != told[1].event_id] == ids([told[0], told[2], told[3]])


def test_handlers_work_under_the_events_correlation_id(bus: EventBus) -> None:
    seen: list[str | None] = []
    consumer = bus.consumer()
    consumer.subscribe(lambda _event: seen.append(current_correlation_id()), [EventType.USER_NOTIFICATION])
    bus.publisher.publish(
        UserNotification(user_id="u", notification_type="t", title="t", message="m", correlation_id="request-1")
    )
    consumer.start()

    until(lambda: seen == ["request-1"], "it was bound")


def test_a_restart_of_redis_loses_nothing(own_bus: EventBus) -> None:
    log = Log()
    consumer = own_bus.consumer()
    consumer.subscribe_to_document_events(log)
    told = documents(60)
    own_bus.publisher.publish_many(told[:30])
    consumer.start()
    until(lambda: bool(log.ids()), "it has begun")

    own_bus.server.kill()
    own_bus.server.start()
    own_bus.publisher.publish_many(told[30:])

    until(lambda: set(log.ids()) == set(ids(told)), "all are handled")
    until(lambda: own_bus.backlog() == 0, "all are acknowledged")
    assert own_bus.dead() == []


def test_a_slow_handler_keeps_its_messages(bus: EventBus) -> None:
    told = documents(4)
    may_end = threading.Semaphore(0)
    calls: list[str] = []

    def slow(event: Event) -> None:
        calls.append(event.event_id)
        assert may_end.acquire(timeout=60)

    first = bus.consumer(name="first", deduplicator=bus.deduplicator("first", 60.0), keep_interval_seconds=0.0)
    first.subscribe(slow, [EventType.DOCUMENT_PROCESSING], name="slow")
    bus.publisher.publish_many(told)
    first.start()
    until(lambda: len(calls) == 1, "the first one is at work")
    second = bus.consumer(name="second", deduplicator=bus.deduplicator("second", 60.0))
    second.subscribe(slow, [EventType.DOCUMENT_PROCESSING], name="slow")
    second.start()
    for _ in told:
        may_end.release()

    until(lambda: bus.backlog() == 0, "all are done")
    assert sorted(calls) == sorted(ids(told)), "each of them once"
    assert bus.dead() == []


def test_mistakes_of_whoever_subscribes_are_told(bus: EventBus) -> None:
    consumer = bus.consumer()
    with pytest.raises(ConfigurationError, match="no handler"):
        consumer.start()
    consumer.subscribe(Log(), EventType, name="same")
    with pytest.raises(ConfigurationError, match="called 'same'"):
        consumer.subscribe(Log(), EventType, name="same")


def test_a_running_consumer_stops_when_told(bus: EventBus) -> None:
    log = Log()
    consumer = bus.consumer()
    consumer.subscribe_to_document_events(log)
    stop = threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    bus.publisher.publish_many(documents(1))
    until(lambda: bool(log.ids()), "it runs")

    stop.set()
    thread.join(30)

    assert not thread.is_alive()
