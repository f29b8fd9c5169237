"""How much waits in a queue and in the queue for what could not be handled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages, counted approximately as SQS does. `dead` is None where there is no dead-letter queue."""

    waiting: int
    in_flight: int
    dead: int | None
