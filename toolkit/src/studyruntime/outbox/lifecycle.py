"""How a row of the outbox moves: PENDING → PROCESSING → COMPLETED, or FAILED and again, or DEAD. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an event stands. The values are what the table holds."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DEAD = "dead"

    @property
    def is_finished(self) -> bool:
        """Whether the relay leaves it alone."""
        return self in {Status.COMPLETED, Status.DEAD}


class Result(StrEnum):
    """What became of one event at the target."""

    PUBLISHED = "published"
    REFUSED = "refused"
    """The target answered, and does not take this event: its own fault, and counted."""
    UNREACHED = "unreached"
    """The target did not answer. Nobody knows whether it has the event, and it is no fault of the event's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result and, unless it was published, why."""

    result: Result
    detail: str = ""


PUBLISHED = Outcome(Result.PUBLISHED)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When an event that was refused is tried again, and when no more."""

    max_retries: int
    delay_seconds: float
    max_delay_seconds: float = 3600.0

    def delay_before_attempt(self, attempts: int) -> float:
        """How long to wait after `attempts` refusals: the delay, doubled with each."""
        return min(self.delay_seconds * 2.0 ** min(attempts - 1, 60), self.max_delay_seconds)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is written back to a row after a try."""

    status: Status
    attempts: int
    wait_seconds: float = 0.0
    error: str | None = None


MAX_ERROR_CHARACTERS = 1000


def settle(attempts: int, outcome: Outcome, policy: RetryPolicy) -> Settlement:
    """Where a row that was PROCESSING goes. `attempts` are the refusals before this try.

    An unreached event waits as it did before: an outage, however long, makes nothing dead.
    """
    error = outcome.detail[:MAX_ERROR_CHARACTERS] or None
    match outcome.result:
        case Result.PUBLISHED:
            return Settlement(Status.COMPLETED, attempts)
        case Result.UNREACHED:
            return Settlement(Status.FAILED if attempts else Status.PENDING, attempts, error=error)
        case Result.REFUSED:
            attempts += 1
            if attempts > policy.max_retries:
                return Settlement(Status.DEAD, attempts, error=error)
            return Settlement(Status.FAILED, attempts, policy.delay_before_attempt(attempts), error)
