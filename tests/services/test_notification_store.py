"""Notifications on a real database: one an event, in an order that a reader can follow while others write."""

from __future__ import annotations

import threading

import pytest
from tests.support.until import until

from studyruntime.database import Database
from studyruntime.events.catalogue import QuizGenerated
from studyservices.notification.store import NotificationStore
from studyservices.notification.texts import NotificationText

TEXT = NotificationText("Quiz ready", "It has 3 questions.", {"quiz_id": "q"})


@pytest.fixture
def store(database: Database) -> NotificationStore:
    return NotificationStore(database)


def event(number: int, user_id: str = "user-1") -> QuizGenerated:
    return QuizGenerated(event_id=f"{user_id}-{number}", user_id=user_id, quiz_id="q", question_count=3)


def test_an_event_delivered_twice_is_told_once(store: NotificationStore) -> None:
    assert store.add(event(1), TEXT)
    assert not store.add(event(1), TEXT)

    (kept,) = store.newest("user-1", limit=10, before=None, only_unread=False)
    assert (kept.kind, kept.title, kept.data) == ("quiz.generated", "Quiz ready", {"quiz_id": "q"})


def test_a_reader_who_goes_on_after_what_he_saw_misses_nothing(store: NotificationStore) -> None:
    """Six write at once for one user: a sequence that appeared late, behind the cursor, would be missed."""
    writers = [
        threading.Thread(target=lambda each=each: [store.add(event(each * 100 + n), TEXT) for n in range(15)])
        for each in range(6)
    ]
    seen: list[int] = []

    def read_on() -> bool:
        seen.extend(each.sequence for each in store.after("user-1", seen[-1] if seen else 0))
        return len(seen) >= 90

    for writer in writers:
        writer.start()
    until(read_on, "all notifications")
    for writer in writers:
        writer.join()

    assert seen == sorted(set(seen))
    assert len(seen) == 90


def test_pages_go_back_in_time_and_stop(store: NotificationStore) -> None:
    for number in range(5):
        store.add(event(number), TEXT)
    store.add(event(1, "somebody"), TEXT)

    first = store.newest("user-1", limit=3, before=None, only_unread=False)
    second = store.newest("user-1", limit=3, before=first[-1].sequence, only_unread=False)

    sequences = [each.sequence for each in (*first, *second)]
    assert len(sequences) == 5
    assert sequences == sorted(sequences, reverse=True)
    assert store.latest_sequence("user-1") == sequences[0]
    assert store.latest_sequence("nobody") == 0


def test_what_was_read_stays_read_and_is_not_shown_as_unread(store: NotificationStore) -> None:
    store.add(event(1), TEXT)
    (told,) = store.newest("user-1", limit=10, before=None, only_unread=True)

    assert store.mark_read("user-1", told.id)
    (once,) = store.newest("user-1", limit=10, before=None, only_unread=False)
    assert store.mark_read("user-1", told.id)
    (twice,) = store.newest("user-1", limit=10, before=None, only_unread=False)

    assert once.read_at is not None
    assert twice.read_at == once.read_at
    assert store.newest("user-1", limit=10, before=None, only_unread=True) == []
    assert not store.mark_read("somebody", told.id)
