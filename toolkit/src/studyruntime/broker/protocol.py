"""What the rest of a program may ask of a message broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from studyruntime.broker.messages import DeadLetter, Delivery, Hint, Payload

StartAt = Literal["new", "oldest"]
"""Where a group that never read a channel begins: after what is there, or with the oldest message."""


class Subscription(Protocol):
    """One consumer of a group. Not for use by several threads at once, but `close` may come from another thread."""

    def read(self, max_count: int, wait_seconds: float) -> list[Delivery]:
        """Messages for this consumer: those of consumers that are gone first, then new ones.

        Empty after `wait_seconds`, or soon after another thread closes the subscription. Messages that were
        delivered too often are moved to the dead letters instead of being returned.

        Raises:
            Unavailable: the broker does not answer. What was read stays with this consumer and comes again.
        """

    def ack(self, *deliveries: Delivery) -> None:
        """These are done and will not come again."""

    def reject(self, delivery: Delivery, reason: str) -> None:
        """This can never be handled: to the dead letters, at once and atomically."""

    def release(self, delivery: Delivery, after_seconds: float = 0.0) -> None:
        """Not now: whoever reads after `after_seconds` (at most the claim time) gets it, as a further attempt."""

    def keep(self, *deliveries: Delivery) -> None:
        """Still at work on these: the claim time begins anew."""

    def pending_count(self) -> int:
        """Messages of this consumer that are neither acknowledged nor rejected."""

    def close(self) -> None:
        """Stop reading. What is not acknowledged goes to another consumer after the claim time."""


class Listener(Protocol):
    """Hears broadcasts from the moment it exists."""

    def read(self, wait_seconds: float) -> Hint | None:
        """The next broadcast, or None after `wait_seconds`. Broadcasts during a lost connection are lost."""

    def close(self) -> None:
        """Stop hearing."""


class MessageBroker(Protocol):
    """Channels that keep messages until every group has handled them, and broadcasts that keep nothing."""

    @property
    def is_connected(self) -> bool:
        """Whether `connect` succeeded and `close` was not called."""

    def connect(self) -> None:
        """Prove that the broker answers and accepts our credentials. Publishing connects by itself.

        Raises:
            Unavailable: no answer, or AuthenticationRefused: wrong credentials.
        """

    def ping(self) -> None:
        """Ask for an answer, or raise Unavailable."""

    def publish(self, channel: str, payload: Payload) -> str:
        """Add one message; its id. At least once: an answer lost on the way makes it twice."""

    def publish_many(self, channel: str, payloads: Sequence[Payload]) -> list[str]:
        """Add messages in this order, all or none, in one round trip; their ids."""

    def subscribe(self, channels: Sequence[str], group: str, consumer: str, *, start: StartAt = "new") -> Subscription:
        """Join a group: each message goes to one consumer of it. `consumer` must be unique among those that run."""

    def dead_letters(self, channel: str, max_count: int = 100) -> list[DeadLetter]:
        """The oldest messages that no consumer could handle."""

    def redeliver(self, letter: DeadLetter) -> str:
        """Publish a dead letter again, to every group, and remove it; the new id."""

    def backlog(self, channel: str, group: str) -> int:
        """Messages that the group has not acknowledged, delivered or not."""

    def broadcast(self, channel: str, data: bytes) -> int:
        """Tell whoever listens now; how many heard."""

    def listen(self, channels: Sequence[str]) -> Listener:
        """Hear broadcasts on these channels."""

    def close(self) -> None:
        """Let go of every connection. A closed broker can be connected again."""
