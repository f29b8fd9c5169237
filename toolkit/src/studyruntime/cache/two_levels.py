"""Both levels together, in one event loop: what is done while the second is away, and what when it is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cashews.exceptions import CacheBackendInteractionError

from studyruntime.cache.levels import FirstLevel, SecondLevel
from studyruntime.logs import get_logger

T = TypeVar("T")

_log = get_logger(__name__)

ALONE_SECONDS = 2.0
"""How long a process does without the second level before it tries again."""
MAX_OWED = 10_000

AWAY = (CacheBackendInteractionError, OSError, TimeoutError, ValueError)
"""What a second level raises that is away, or holds what is no JSON."""


class TwoLevels:
    """Texts under keys. All but `peek` belongs to one event loop."""

    def __init__(self, first: FirstLevel, make_second: Callable[[FirstLevel], SecondLevel]) -> None:
        self._first = first
        self._make_second = make_second
        self._second: SecondLevel | None = None
        self._starting = asyncio.Lock()
        self._alone_until = 0.0
        self._owed: set[str] = set()

    @property
    def has_second(self) -> bool:
        """Whether Redis answered when it was last asked."""
        return self._second is not None and not self._first.is_alone

    def peek(self, key: str) -> str | None:
        """A text of the first level, if that can be believed. For any thread."""
        is_believed = self._first.is_alone or (self._second is not None and self._second.is_listening)
        return self._first.peek(key) if is_believed else None

    async def get(self, key: str) -> tuple[str | None, str]:
        """The text, and the level that was asked."""
        is_answered, found = await self._ask(lambda second: second.get(key))
        if not is_answered:
            return self._first.peek(key), "first"
        return found if isinstance(found, str) else None, "second"

    async def set(self, key: str, text: str, ttl: float) -> None:
        """Keep a text in both levels, or in the first alone until the second is back."""
        is_answered, _ = await self._ask(lambda second: second.set(key, text, expire=ttl))
        if not is_answered:
            await self._first.set(key, text, expire=ttl)
            self._owe(key)

    async def delete(self, *keys: str) -> None:
        """Forget texts in both levels, in the second as soon as it is back."""
        is_answered, _ = await self._ask(lambda second: second.delete_many(*keys))
        if not is_answered:
            await self._first.delete_many(*keys)
            self._owe(*keys)

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take a lock that all processes share; while the second level is away there is none to take."""
        is_answered, is_ours = await self._ask(lambda second: second.set_lock(key, token, expire=seconds))
        return bool(is_ours) if is_answered else True

    async def unlock(self, key: str, token: str) -> None:
        """Give a lock back, if it is still ours."""
        await self._ask(lambda second: second.unlock(key, token))

    async def close(self) -> None:
        """Let go of connections."""
        if self._second is not None:
            await self._second.close()
            self._second = None

    async def _ask(self, question: Callable[[SecondLevel], Awaitable[T]]) -> tuple[bool, T | None]:
        """The second level's answer, or that there was none."""
        if time.monotonic() < self._alone_until:
            return False, None
        try:
            second = await self._ready()
            answer = await question(second)
        except AWAY as error:
            self._go_alone(error)
            return False, None
        if self._first.is_alone:
            self._first.is_alone = False
            _log.info("cache has its second level again")
        return True, answer

    async def _ready(self) -> SecondLevel:
        async with self._starting:
            if self._second is None:
                self._second = await self._start()
            if self._owed:
                owed = sorted(self._owed)
                await self._second.delete_many(*owed)
                self._owed.difference_update(owed)
            return self._second

    async def _start(self) -> SecondLevel:
        made = self._make_second(self._first)
        try:
            await made.init()  # type: ignore[no-untyped-call]
        except BaseException:
            await made.close()  # it has begun tasks that nobody else ends
            raise
        return made

    def _owe(self, *keys: str) -> None:
        """Remember what Redis has that is no longer so."""
        if len(self._owed) < MAX_OWED:
            self._owed.update(keys)
        else:
            _log.error("more was changed while the cache was away than can be taken out of it", keys=len(self._owed))

    def _go_alone(self, error: Exception) -> None:
        if not self._first.is_alone:
            _log.warning("cache goes on without its second level", problem=f"{type(error).__name__}: {error}")
        self._first.is_alone = True
        self._alone_until = time.monotonic() + ALONE_SECONDS
