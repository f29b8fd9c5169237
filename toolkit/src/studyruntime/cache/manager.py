"""The cache as services use it: two levels, one computation at a time, and no failure when the second level is away."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from studyruntime.cache.background_loop import BackgroundLoop
from studyruntime.cache.levels import FirstLevel, second_level
from studyruntime.cache.two_levels import TwoLevels
from studyruntime.config import AwsSettings, BrokerSettings
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import CACHE_REQUESTS

T = TypeVar("T")

PREFIX = "study_cache:"
POLL_SECONDS = 0.05


class CacheManager:
    """Values of JSON under text keys. Synchronous; safe for threads, and for processes that fork.

    A value is at most `first_level_seconds` older than Redis', usually milliseconds. While Redis is away every process
    goes on with its own first level; what it changed meanwhile it takes out of Redis as soon as that is back.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        aws: AwsSettings | None = None,
        *,
        metrics: Metrics | None = None,
        first_level_size: int = 10_000,
        first_level_seconds: float = 10.0,
        prefix: str = PREFIX,
    ) -> None:
        self._metrics = metrics
        self._loop = BackgroundLoop("cache")
        self._levels: TwoLevels | None = None
        self._computing: dict[str, _Turn] = {}
        self._lock = threading.Lock()

        def make() -> TwoLevels:
            return TwoLevels(
                FirstLevel(first_level_size, first_level_seconds),
                lambda first: second_level(broker, aws or AwsSettings(), first, prefix),
            )

        self._make_levels = make

    @property
    def has_second_level(self) -> bool:
        """Whether Redis answered when it was last asked."""
        return self._levels is not None and self._levels.has_second

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`."""
        found = self._counted(key)
        return default if found is None else found.value

    def set(self, key: str, value: Any, ttl: float) -> None:
        """Keep a value for `ttl` seconds.

        Raises:
            TypeError: the value is not made of JSON's types.
        """
        if ttl <= 0:
            raise ValueError(f"a value is kept for a positive time, not for {ttl} s")
        text = json.dumps(value)
        self._run(lambda levels: levels.set(key, text, ttl))

    def delete(self, *keys: str) -> None:
        """Forget values, in every process."""
        if keys:
            self._run(lambda levels: levels.delete(*keys))

    def get_or_compute(self, key: str, compute: Callable[[], T], ttl: float, *, compute_seconds: float = 30.0) -> T:
        """The value; where there is none, what `compute` returns, which is kept.

        Of all that ask at once one computes, in all processes, and the others wait for it: at most `compute_seconds`,
        which is how long a process that died over it holds them up. An exception of `compute` is raised to the one
        that called it, and the next one computes.
        """
        found = self._counted(key)
        if found is None:
            with self._turn(key):
                found = self._read(key) or self._compute(key, compute, ttl, compute_seconds)
        value: T = found.value
        return value

    def close(self) -> None:
        """Let go of connections and of the thread."""
        if self._loop.is_running:
            self._run(lambda levels: levels.close())
        self._loop.close()
        self._levels = None

    def _compute(self, key: str, compute: Callable[[], T], ttl: float, compute_seconds: float) -> _Found:
        lock, token = f"{key}:computing", uuid.uuid4().hex
        deadline = time.monotonic() + compute_seconds
        while not self._run(lambda levels: levels.lock(lock, token, compute_seconds)):
            time.sleep(POLL_SECONDS)
            found = self._read(key)
            if found is not None:
                return found
            if time.monotonic() >= deadline:
                break
        try:
            found = self._read(key)  # whoever held the lock may have been done between our look and our turn
            if found is not None:
                return found
            computed = compute()
            self.set(key, computed, ttl)
        finally:
            self._run(lambda levels: levels.unlock(lock, token))
        return _Found(computed)

    def _counted(self, key: str) -> _Found | None:
        """What is read for a caller. That a computation looks again and again is nobody's read."""
        found, level = self._asked(key)
        if self._metrics is not None:
            self._metrics.count(CACHE_REQUESTS, level=level, result="miss" if found is None else "hit")
        return found

    def _read(self, key: str) -> _Found | None:
        found, _ = self._asked(key)
        return found

    def _asked(self, key: str) -> tuple[_Found | None, str]:
        levels = self._levels if self._loop.is_running else None
        text, level = None if levels is None else levels.peek(key), "first"
        if text is None:
            text, level = self._run(lambda levels: levels.get(key))
        return _parse(text), level

    def _run(self, work: Callable[[TwoLevels], Any]) -> Any:
        async def do() -> Any:
            if self._levels is None or self._loop.is_new:
                self._levels = self._make_levels()
                self._loop.is_new = False
            return await work(self._levels)

        return self._loop.run(do())

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        """One thread of this process at a time for each key."""
        with self._lock:
            turn = self._computing.setdefault(key, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.waiting -= 1
                if turn.waiting == 0:
                    del self._computing[key]


class _Turn:
    """Who computes a value, and how many want to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting = 0


@dataclass(frozen=True, slots=True)
class _Found:
    value: Any


def _parse(text: str | None) -> _Found | None:
    """The value in a text; what somebody else left under our key is no value."""
    try:
        return None if text is None else _Found(json.loads(text))
    except ValueError:
        return None
