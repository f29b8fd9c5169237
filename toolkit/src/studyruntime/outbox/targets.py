"""Where the relay takes events: the message broker's streams. RabbitMQ is in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from studyruntime.broker import MessageBroker
from studyruntime.errors import Unavailable
from studyruntime.outbox.lifecycle import PUBLISHED, Outcome, Result
from studyruntime.outbox.store import OutboxRow


class OutboxTarget(Protocol):
    """Takes batches of events."""

    def publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        """Publish in this order; what became of each, by position. Raises nothing that was foreseen."""

    def close(self) -> None:
        """Let go of connections."""


class StreamTarget:
    """The streams of the message broker, a round trip for each channel of a batch."""

    def __init__(self, broker: MessageBroker) -> None:
        self._broker = broker

    def publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        """See `OutboxTarget.publish`. Order is kept within a channel, which is where a subject's events are."""
        outcomes: dict[int, Outcome] = {}
        for channel in dict.fromkeys(row.channel for row in rows):
            of_channel = [row for row in rows if row.channel == channel]
            for row, outcome in zip(of_channel, self._publish_to(channel, of_channel), strict=True):
                outcomes[row.id] = outcome
        return [outcomes[row.id] for row in rows]

    def close(self) -> None:
        """The broker belongs to whoever made it."""

    def _publish_to(self, channel: str, rows: Sequence[OutboxRow]) -> list[Outcome]:
        whole = _attempt(lambda: self._broker.publish_many(channel, [row.payload for row in rows]))
        if whole.result is not Result.REFUSED or len(rows) == 1:
            return [whole] * len(rows)
        # One of them is at fault, or the channel is: tried one by one, each hears for itself.
        return [_attempt(lambda row=row: self._broker.publish(channel, row.payload)) for row in rows]  # type: ignore[misc]


def _attempt(publish: Callable[[], object]) -> Outcome:
    try:
        publish()
    except Unavailable as error:
        return Outcome(Result.UNREACHED, error.what)
    except Exception as error:  # noqa: BLE001 - whatever the broker says about an event is the event's refusal
        return Outcome(Result.REFUSED, f"{type(error).__name__}: {error}")
    return PUBLISHED
