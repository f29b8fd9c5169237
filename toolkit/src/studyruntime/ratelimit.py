"""How many requests a user, an address and everyone together may make: a sliding window, shared by all processes."""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from studyruntime.broker.connection import connection_options, credentials_for
from studyruntime.config import AwsSettings, BrokerSettings, RateLimitSettings
from studyruntime.logs import get_logger

_log = get_logger(__name__)

KEY_PREFIX = "study_rate"
STAND_IN_SECONDS = 5.0
"""How long a process counts by itself before it asks Redis again."""
IPV6_PREFIX = 64
"""What one customer of a provider has: BCOP 690, 'IPv6 prefix assignment for end-users'. Fewer bits are one address."""


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """Whether a request may pass, and what the narrowest limit that was asked says."""

    is_allowed: bool
    scope: str
    limit: int
    remaining: int
    reset_after_seconds: int
    """When at least one more request may pass, in whole seconds and at least 1."""


class RateLimiter:
    """Counts in Redis. While Redis is away each process counts by itself: so many times more pass, but not all."""

    def __init__(
        self, limits: RateLimitSettings, broker: BrokerSettings | None = None, aws: AwsSettings | None = None
    ) -> None:
        self._limits = limits
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = None if broker is None else MovingWindowRateLimiter(_storage(broker, aws or AwsSettings()))
        self._counts_alone_until = 0.0

    async def check(self, *, user: str | None, address: str | None) -> RateVerdict:
        """Count a request, or refuse it. Narrow limits are asked first: who is refused uses nothing of everyone's."""
        asked = [
            ("user", user, self._limits.per_user),
            ("address", None if address is None else address_group(address), self._limits.per_address),
            ("everyone", "", self._limits.overall),
        ]
        narrowest: RateVerdict | None = None
        for scope, name, limit in asked:
            if name is None:
                continue
            verdict = await self._hit(scope, name, limit)
            if not verdict.is_allowed:
                return verdict
            if narrowest is None or verdict.remaining < narrowest.remaining:
                narrowest = verdict
        if narrowest is None:  # pragma: no cover - `everyone` is always asked
            raise AssertionError("no limit was asked")
        return narrowest

    async def close(self) -> None:
        """Let go of connections."""
        if self._shared is not None:
            storage: Any = self._shared.storage
            await storage.bridge.get_connection().aclose()

    async def _hit(self, scope: str, name: str, limit: int) -> RateVerdict:
        if self._shared is not None and time.monotonic() >= self._counts_alone_until:
            try:
                return await _hit(self._shared, scope, name, limit)
            except StorageError as error:
                self._counts_alone_until = time.monotonic() + STAND_IN_SECONDS
                _log.warning("rate limits are counted by this process alone", problem=str(error))
        return await _hit(self._local, scope, name, limit)


def address_group(address: str) -> str:
    """What counts as one address: all of an IPv6 customer's, and what is no address by itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


async def _hit(limiter: MovingWindowRateLimiter, scope: str, name: str, limit: int) -> RateVerdict:
    item = RateLimitItemPerMinute(limit)
    is_allowed = await limiter.hit(item, scope, name)
    window = await limiter.get_window_stats(item, scope, name)
    wait_seconds = math.ceil(window.reset_time - time.time())
    return RateVerdict(is_allowed, scope, limit, max(0, window.remaining), max(1, wait_seconds))


def _storage(broker: BrokerSettings, aws: AwsSettings) -> RedisStorage:
    options = {
        **connection_options(broker, credentials_for(broker, aws)),
        "socket_timeout": broker.cache_timeout_seconds,
        "socket_connect_timeout": broker.cache_timeout_seconds,
    }
    return RedisStorage(
        "async+redis://", implementation="redispy", key_prefix=KEY_PREFIX, wrap_exceptions=True, **options
    )
