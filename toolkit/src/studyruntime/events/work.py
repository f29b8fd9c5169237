"""The events of one read: which handler has which still to do, and what is told the broker of each in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studyruntime.broker import Delivery, Subscription
from studyruntime.events.deduplication import Claim, Deduplicator
from studyruntime.events.event import Event
from studyruntime.events.handling import Judgement, Registration, Verdict


class Work:
    """Claims events for handlers and keeps account of them. `finish` must be called, whatever happened."""

    def __init__(
        self,
        subscription: Subscription,
        deduplicator: Deduplicator,
        group: str,
        read: Sequence[tuple[Delivery, Event]],
    ) -> None:
        self._subscription = subscription
        self._deduplicator = deduplicator
        self._group = group
        self._deliveries: dict[str, list[Delivery]] = {}
        self._events: dict[str, Event] = {}
        for delivery, event in read:
            self._deliveries.setdefault(event.event_id, []).append(delivery)
            self._events.setdefault(event.event_id, event)
        self._claimed: dict[str, str] = {}
        """Keys that we hold and have not handled, with their events' ids."""
        self._rejected: dict[str, str] = {}
        self._undone: set[str] = set()

    def portions(self, registration: Registration) -> Iterator[Sequence[Event]]:
        """What is left for a handler, in the pieces in which it takes them. Duplicates are left out."""
        wanted = [event for event in self._events.values() if event.event_type in registration.event_types]
        keys = [self._key(registration, event) for event in wanted]
        granted: list[Event] = []
        for key, event, claim in zip(keys, wanted, self._deduplicator.claim(keys), strict=True):
            if claim is Claim.GRANTED:
                self._claimed[key] = event.event_id
                granted.append(event)
            elif claim is Claim.BUSY:
                self._undone.add(event.event_id)
        if registration.takes_batches:
            yield from [granted] if granted else []
        else:
            yield from ([event] for event in granted)

    def conclude(self, registration: Registration, events: Sequence[Event], judgement: Judgement) -> None:
        """Note what became of events at a handler."""
        keys = [self._key(registration, event) for event in events]
        match judgement.verdict:
            case Verdict.HANDLED:
                self._deduplicator.complete(keys)
                for key in keys:
                    del self._claimed[key]
            case Verdict.REJECTED:
                self._rejected |= {event.event_id: judgement.reason for event in events}
            case Verdict.INTERRUPTED:
                self._undone |= {event.event_id for event in events}

    def keep(self) -> None:
        """Tell the others that these are still ours."""
        self._deduplicator.renew(list(self._claimed))
        self._subscription.keep(*(delivery for each in self._deliveries.values() for delivery in each))

    def finish(self) -> None:
        """Let go of what was not handled, and tell the broker what became of each message."""
        if self._claimed:
            self._undone |= set(self._claimed.values())
            self._deduplicator.release(list(self._claimed))
            self._claimed.clear()
        for event_id, reason in self._rejected.items():
            for delivery in self._deliveries[event_id]:
                self._subscription.reject(delivery, reason)
        unsettled = self._undone - self._rejected.keys()
        done = [
            delivery
            for event_id, deliveries in self._deliveries.items()
            if event_id not in unsettled and event_id not in self._rejected
            for delivery in deliveries
        ]
        if done:
            self._subscription.ack(*done)
        for event_id in unsettled:
            for delivery in self._deliveries[event_id]:
                self._subscription.release(delivery, after_seconds=UNSETTLED_WAIT_SECONDS)

    def _key(self, registration: Registration, event: Event) -> str:
        return f"{self._group}:{registration.name}:{event.event_id}"


UNSETTLED_WAIT_SECONDS = 1.0
"""When an event that somebody else is at, or that we had to leave, may be delivered again."""
