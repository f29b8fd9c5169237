"""What a socket is sent: each notification once and in order, whatever becomes of hints, and events as they pass."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from studyservices.notification.hints import LiveEvent, UserHint
from studyservices.notification.sockets import MAX_WAITING_EVENTS, Mailbox, Sockets, converse
from studyservices.notification.store import MAX_PAGE, NotificationView

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def notification(sequence: int) -> NotificationView:
    return NotificationView(
        id=uuid.UUID(int=sequence),
        sequence=sequence,
        kind="quiz.generated",
        title="t",
        message="m",
        data={},
        created_at=NOW,
        read_at=None,
    )


def event(number: int) -> LiveEvent:
    return LiveEvent(event_id=str(number), event_type="t", occurred_at="now", subject="s", data={})


class Table:
    """Notifications as the database would give them: a page at a time, after a sequence."""

    def __init__(self, sequences: Sequence[int]) -> None:
        self.sequences = list(sequences)

    async def read_after(self, _user_id: str, sequence: int) -> Sequence[NotificationView]:
        return [notification(each) for each in self.sequences if each > sequence][:MAX_PAGE]


async def listen(mailbox: Mailbox, table: Table, *, sequence: int, until: int, poll_seconds: float) -> list[Any]:
    """What is sent, until the notification `until` was."""
    sent: list[Any] = []
    done = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message.get("notification", {}).get("sequence") == until:
            done.set()

    task = asyncio.create_task(converse(mailbox, send, table.read_after, sequence=sequence, poll_seconds=poll_seconds))
    async with asyncio.timeout(20):
        await done.wait()
    task.cancel()
    return sent


@given(st.sets(st.integers(1, 500), min_size=1, max_size=260), st.integers(0, 400))
def test_every_notification_after_the_cursor_is_sent_once_and_in_order(sequences: set[int], cursor: int) -> None:
    expected = [*sorted(each for each in sequences if each > cursor), 1000]
    table = Table([*sorted(sequences), 1000])

    sent = asyncio.run(listen(Mailbox("u"), table, sequence=cursor, until=1000, poll_seconds=0.001))

    assert sent[0] == {"type": "hello", "user_id": "u", "sequence": cursor}
    assert [message["notification"]["sequence"] for message in sent[1:]] == expected


def test_an_event_that_passes_is_sent_before_the_notification_of_it() -> None:
    async def scenario() -> list[Any]:
        sockets = Sockets()
        mailbox = sockets.open("u")
        sockets.deliver(UserHint(user_id="u", event=event(1)))
        sockets.deliver(UserHint(user_id="somebody else", event=event(2)))
        return await listen(mailbox, Table([7]), sequence=0, until=7, poll_seconds=20)

    hello, passed, told = asyncio.run(scenario())

    assert hello["type"] == "hello"
    assert passed["event"]["event_id"] == "1"
    assert told["notification"]["sequence"] == 7


def test_a_new_socket_is_told_at_once_what_its_user_missed() -> None:
    async def scenario() -> list[Any]:
        async with asyncio.timeout(60):
            return await listen(Mailbox("u"), Table([7]), sequence=0, until=7, poll_seconds=3600)

    assert [message["type"] for message in asyncio.run(scenario())] == ["hello", "notification"]


def test_looking_again_finds_what_no_hint_told_of() -> None:
    async def scenario() -> list[Any]:
        sockets = Sockets()
        mailbox = sockets.open("u")
        await mailbox.take(0)  # the first look, which every socket has
        sockets.look_again()
        return await listen(mailbox, Table([7]), sequence=0, until=7, poll_seconds=20)

    assert [message["type"] for message in asyncio.run(scenario())] == ["hello", "notification"]


def test_a_slow_client_is_shown_the_newest_events() -> None:
    async def scenario() -> list[LiveEvent]:
        mailbox = Mailbox("u")
        for number in range(MAX_WAITING_EVENTS + 5):
            mailbox.put(event(number))
        return await mailbox.take(0)

    waiting = asyncio.run(scenario())

    assert [int(each.event_id) for each in waiting] == list(range(5, MAX_WAITING_EVENTS + 5))


def test_every_socket_of_a_user_gets_it_and_a_closed_one_does_not() -> None:
    async def scenario() -> tuple[list[list[LiveEvent]], int]:
        sockets = Sockets()
        one, two, gone = sockets.open("u"), sockets.open("u"), sockets.open("u")
        sockets.close(gone)
        sockets.deliver(UserHint(user_id="u", event=event(1)))
        return [await mailbox.take(0.01) for mailbox in (one, two, gone)], sockets.count

    (one, two, gone), count = asyncio.run(scenario())

    assert [len(one), len(two), len(gone), count] == [1, 1, 0, 2]
