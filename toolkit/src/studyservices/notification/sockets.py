"""The WebSockets of one replica: what comes for a user goes to each of his sockets, in order and without gaps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from studyruntime.logs import get_logger
from studyservices.notification.hints import LiveEvent, UserHint
from studyservices.notification.store import MAX_PAGE, NotificationView

MAX_WAITING_EVENTS = 200
Send = Callable[[dict[str, Any]], Awaitable[None]]
ReadAfter = Callable[[str, int], Awaitable[Sequence[NotificationView]]]
_log = get_logger(__name__)


class Mailbox:
    """What waits for one socket. Notifications lie in the database; here is only the word that there are some.

    Events are shown as they pass: a client too slow to take them gets the newest, and every notification all the same.
    """

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self._events: list[LiveEvent] = []
        self._something = asyncio.Event()
        self._something.set()  # a new socket looks at once for what its user missed

    def put(self, event: LiveEvent | None) -> None:
        """An event passes; None says that notifications are to be looked for."""
        if event is not None:
            self._events.append(event)
            del self._events[:-MAX_WAITING_EVENTS]
        self._something.set()

    async def take(self, wait_seconds: float) -> list[LiveEvent]:
        """The events that passed since the last call, at the latest after `wait_seconds`."""
        try:
            async with asyncio.timeout(wait_seconds):
                await self._something.wait()
        except TimeoutError:
            return []
        self._something.clear()
        events, self._events = self._events, []
        return events


class Sockets:
    """Which users are connected to this replica. Only for the thread of its loop."""

    def __init__(self, measure: Callable[[int], object] = lambda _count: None) -> None:
        """`measure` is told how many sockets are open, at each change."""
        self._measure = measure
        self._mailboxes: dict[str, set[Mailbox]] = {}

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return sum(len(mailboxes) for mailboxes in self._mailboxes.values())

    def open(self, user_id: str) -> Mailbox:
        """A mailbox for a new socket."""
        mailbox = Mailbox(user_id)
        self._mailboxes.setdefault(user_id, set()).add(mailbox)
        self._measure(self.count)
        return mailbox

    def close(self, mailbox: Mailbox) -> None:
        """The socket is gone."""
        others = self._mailboxes[mailbox.user_id]
        others.discard(mailbox)
        if not others:
            del self._mailboxes[mailbox.user_id]
        self._measure(self.count)

    def deliver(self, hint: UserHint) -> None:
        """Something came for a user who may be connected here."""
        for mailbox in self._mailboxes.get(hint.user_id, ()):
            mailbox.put(hint.event)

    def look_again(self) -> None:
        """Hints may have been lost: everybody looks into the database."""
        for mailboxes in self._mailboxes.values():
            for mailbox in mailboxes:
                mailbox.put(None)


async def converse(mailbox: Mailbox, send: Send, read_after: ReadAfter, *, sequence: int, poll_seconds: float) -> None:
    """Send to one socket what comes for its user, from the notification after `sequence` on; never returns.

    Every wake looks into the database, hint or not, so nothing depends on a broadcast. Events pass in the order in
    which the replicas handled them, which is not always that in which they happened.
    """
    await send({"type": "hello", "user_id": mailbox.user_id, "sequence": sequence})
    while True:
        for event in await mailbox.take(poll_seconds):
            await send({"type": "event", "event": event.model_dump(mode="json")})
        sequence = await _send_after(mailbox.user_id, sequence, send, read_after)


async def _send_after(user_id: str, sequence: int, send: Send, read_after: ReadAfter) -> int:
    """Send every notification after `sequence`; the sequence of the last one."""
    while True:
        page = await read_after(user_id, sequence)
        for notification in page:
            await send({"type": "notification", "notification": notification.model_dump(mode="json")})
            sequence = notification.sequence
        if len(page) < MAX_PAGE:
            return sequence
