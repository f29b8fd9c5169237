"""Holds calls back from a dependency that keeps failing, so that neither side drowns in attempts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from purgatory.service._sync.circuitbreaker import SyncCircuitBreaker

from studyruntime.errors import Unavailable
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import BREAKER_OPEN

FAILURES = (Unavailable, ConnectionError, TimeoutError)
"""What says that a dependency is unwell. Anything else is an answer, if not the one that was hoped for."""

HALF_OPEN = "half-opened"


class CircuitBreakers:
    """One breaker for each dependency, of this process. Safe for threads, and around `await` too.

    After `threshold` failures in a row calls are held back for `reset_seconds`; then one call at a time is let through
    until one succeeds.
    """

    def __init__(self, *, threshold: int = 5, reset_seconds: float = 30.0, metrics: Metrics | None = None) -> None:
        self._factory = SyncCircuitBreakerFactory(default_threshold=threshold, default_ttl=reset_seconds)
        self._reset_seconds = reset_seconds
        self._metrics = metrics
        self._lock = threading.Lock()
        self._probed: set[str] = set()

    @contextmanager
    def guard(self, dependency: str) -> Iterator[None]:
        """Do the work inside, if it may be tried.

        Raises:
            Unavailable: the dependency failed too often, and it is not time to try again.
        """
        breaker, is_probe = self._enter(dependency)
        failure: BaseException | None = None
        try:
            yield
        except BaseException as error:
            failure = error
            raise
        finally:
            self._leave(dependency, breaker, failure, is_probe=is_probe)

    def _enter(self, dependency: str) -> tuple[SyncCircuitBreaker, bool]:
        with self._lock:
            breaker = self._factory.get_breaker(dependency, exclude=[(BaseException, _is_an_answer)])
            try:
                breaker.__enter__()
            except OpenedState as opened:
                wait_seconds = max(0.0, opened.opened_at + self._reset_seconds - time.time())
                raise self._held_back(dependency, f"tried again in {wait_seconds:.1f} s") from None
            is_probe = breaker.context.state == HALF_OPEN
            if is_probe:
                if dependency in self._probed:
                    raise self._held_back(dependency, "one call finds out whether it is well again")
                self._probed.add(dependency)
            return breaker, is_probe

    def _leave(
        self, dependency: str, breaker: SyncCircuitBreaker, failure: BaseException | None, *, is_probe: bool
    ) -> None:
        with self._lock:
            if is_probe:
                self._probed.discard(dependency)
            breaker.__exit__(type(failure) if failure else None, failure, None)
            if self._metrics is not None:
                self._metrics.set(BREAKER_OPEN, float(breaker.context.state != "closed"), dependency=dependency)

    def _held_back(self, dependency: str, detail: str) -> Unavailable:
        return Unavailable(dependency, f"it failed too often; {detail}")


def _is_an_answer(error: BaseException) -> bool:
    return not isinstance(error, FAILURES)
