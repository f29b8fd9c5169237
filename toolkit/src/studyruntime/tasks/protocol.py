"""What the rest of a program may ask of a task queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

MAX_DELAY_SECONDS = 900.0
"""SQS holds a message back for 15 minutes at most (Amazon SQS Developer Guide, 'message timers'); so does everyone."""


class TaskQueue(Protocol):
    """Hands tasks to workers. At least once: a task may run again after its worker was killed."""

    def connect(self) -> None:
        """Prove that the queues can be reached.

        Raises:
            Unavailable: they cannot.
        """

    def enqueue(
        self,
        name: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        delay_seconds: float = 0.0,
    ) -> str:
        """Put a task into its queue; its id. Arguments must be what JSON can hold.

        `queue` is needed where the task's code is not imported; `delay_seconds` is at most 900.

        Raises:
            TaskNotRegistered: nothing says which queue takes it.
            Unavailable: the queue did not take it, or nobody knows whether it did.
        """

    def length(self, queue: str) -> int:
        """Tasks that wait in a queue and that no worker has taken. SQS says about how many."""

    def dead_letter_count(self, queue: str) -> int:
        """Messages of this queue that failed for good."""

    def close(self) -> None:
        """Let go of every connection."""
