"""The two levels: memory of this process, kept true by Redis' own messages, and Redis itself.

The client of both is cashews, whose Redis backend hears of every change of a key (client-side caching in broadcast
mode). Two of its habits are contained here. Between reading a value and hearing of its change it may keep the old one
for ever: so the first level keeps nothing for longer than `max_age_seconds`. And its listener dies of a timeout, and
waits ten seconds after a lost connection: so the loop around it is ours.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import redis
from cashews.backends.memory import Memory
from cashews.backends.redis.client_side import BcastClientSide
from cashews.picklers import PicklerType
from cashews.serialize import get_serializer

from studyruntime.broker.connection import connection_options, credentials_for
from studyruntime.config import AwsSettings, BrokerSettings
from studyruntime.logs import get_logger

_log = get_logger(__name__)

SWEEP_SECONDS = 30.0
MAX_CONNECTIONS = 10
RECONNECT_SECONDS = 0.5


class FirstLevel(Memory):
    """Least recently used entries go first, and none is kept for longer than `max_age_seconds`."""

    is_alone: bool
    """Whether it stands in for the second level. Then a lost connection, which empties it at other times, does not."""

    def __init__(self, size: int, max_age_seconds: float) -> None:
        super().__init__(size=size, check_interval=SWEEP_SECONDS)
        self._max_age_seconds = max_age_seconds
        self.is_alone = False

    async def clear(self) -> None:
        """Forget everything, unless it is all there is."""
        if not self.is_alone:
            await super().clear()

    def peek(self, key: str) -> str | None:
        """An entry that is still good, from any thread. Does not count as a use."""
        found: tuple[float | None, Any] | None = self.store.get(key)
        if found is None:
            return None
        expires_at, value = found
        is_good = isinstance(value, str) and (expires_at is None or expires_at > time.time())
        return value if is_good else None

    def _set(self, key: str, value: Any, expire: float | None = None) -> None:
        super()._set(key, value, min(expire or self._max_age_seconds, self._max_age_seconds))


class SecondLevel(BcastClientSide):
    """Redis, and through it the first level. Raises CacheBackendInteractionError when Redis does not answer."""

    @property
    def is_listening(self) -> bool:
        """Whether changes by others are heard, without which the first level is not to be believed."""
        return bool(self._listen_started.is_set())

    async def close(self) -> None:
        """Let go of connections, without waiting for the next attempt to connect."""
        listening, self._listen_task = self._listen_task, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait([listening])
        await super().close()  # type: ignore[no-untyped-call]

    async def _listen_invalidate_forever(self) -> None:
        while True:
            try:
                await self._listen_invalidate()  # type: ignore[no-untyped-call]
            except (redis.RedisError, OSError) as error:
                self._listen_started.clear()
                await self._local_cache.clear()
                _log.debug("cache does not hear of changes", problem=f"{type(error).__name__}: {error}")
                await asyncio.sleep(RECONNECT_SECONDS)


def second_level(settings: BrokerSettings, aws: AwsSettings, first: FirstLevel, prefix: str) -> SecondLevel:
    """The backend for a server. Values are JSON: whoever can write to Redis cannot make us run code."""
    options = {
        **connection_options(settings, credentials_for(settings, aws)),
        "socket_timeout": settings.cache_timeout_seconds,
        "socket_connect_timeout": settings.cache_timeout_seconds,
        "protocol": 2,  # invalidation messages go to a connection of their own, which RESP 3 would put elsewhere
    }
    for name in ("host", "port", "ssl"):
        options.pop(name, None)
    scheme = "rediss" if settings.has_tls else "redis"
    return SecondLevel(
        f"{scheme}://{settings.host}:{settings.port}",
        suppress=False,
        local_cache=first,
        client_side_prefix=prefix,
        serializer=get_serializer(pickle_type=PicklerType.JSON, check_repr=False),
        max_connections=MAX_CONNECTIONS,
        wait_for_connection_timeout=settings.cache_timeout_seconds,
        **options,
    )
