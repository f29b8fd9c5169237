"""Runs handlers over events: once each, again after failures, and what cannot be handled is told apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from studyruntime.errors import MessageRejected, Unavailable
from studyruntime.events.event import Event
from studyruntime.events.kinds import EventType
from studyruntime.logs import correlated, get_logger
from studyruntime.logs.patterns import redact_text
from studyruntime.traces import receiving

_log = get_logger(__name__)

EventHandler = Callable[[Event], object]
BatchHandler = Callable[[Sequence[Event]], object]


class Verdict(StrEnum):
    """What became of an event at a handler."""

    HANDLED = "handled"
    REJECTED = "rejected"
    """It failed as often as it may, or said itself that it never will succeed."""
    INTERRUPTED = "interrupted"
    """The consumer is to stop, and a dependency of the handler still does not answer."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and, for a rejection, why."""

    verdict: Verdict
    reason: str = ""


HANDLED = Judgement(Verdict.HANDLED)
INTERRUPTED = Judgement(Verdict.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a failing handler is called for one event, and the waits between: the first, doubled each time.

    Waits count against the broker's claim time: together they must stay well below it.
    """

    attempts: int = 3
    delay_seconds: float = 0.2
    max_delay_seconds: float = 5.0

    def delay_after(self, failures: int) -> float:
        """The wait after so many failures in a row."""
        return min(self.delay_seconds * 2.0 ** min(failures - 1, 60), self.max_delay_seconds)


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler and what it is for. The name is part of what is remembered of handled events: keep it."""

    name: str
    event_types: frozenset[EventType]
    handle: BatchHandler
    takes_batches: bool


def run_handler(
    registration: Registration,
    events: Sequence[Event],
    rule: RetryRule,
    stop: threading.Event,
    *,
    keep_alive: Callable[[], None],
) -> Judgement:
    """Call a handler until it succeeds or must be given up.

    A dependency that is away (Unavailable) is waited for however long it takes: an outage rejects nothing.
    """
    failures, outage_waits = 0, 0
    while True:
        try:
            with correlated(events[0].correlation_id), receiving(registration.name, events[0].traceparent):
                registration.handle(events)
        except Unavailable as error:
            outage_waits += 1
            _log.warning("handler waits for a dependency", handler=registration.name, problem=error.what)
            if stop.wait(rule.delay_after(outage_waits)):
                return INTERRUPTED
            keep_alive()
        except MessageRejected as error:
            return Judgement(Verdict.REJECTED, redact_text(f"{type(error).__name__}: {error.what}"))
        except Exception as error:  # noqa: BLE001 - a handler's bug is the event's failure, not the consumer's end
            failures += 1
            reason = redact_text(f"{type(error).__name__}: {error}")
            _log.exception("handler failed", handler=registration.name, failures=failures, events=len(events))
            if failures >= rule.attempts:
                return Judgement(Verdict.REJECTED, f"{registration.name} failed {failures} times, last: {reason}")
            if stop.wait(rule.delay_after(failures)):
                return INTERRUPTED
            keep_alive()
        else:
            return HANDLED


class Heartbeat:
    """Says now and then that work goes on, so that nobody takes it over. Asks for the time, not for a thread."""

    def __init__(self, beat: Callable[[], None], interval_seconds: float) -> None:
        self._beat = beat
        self._interval_seconds = interval_seconds
        self._next = time.monotonic() + interval_seconds

    def __call__(self) -> None:
        """Beat, if it is time to."""
        if time.monotonic() >= self._next:
            self._beat()
            self._next = time.monotonic() + self._interval_seconds
