from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.servers.certificates import Certificates
from tests.support.servers.process import HOST
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer

from studyruntime.config import BrokerKind, BrokerSettings, RateLimitSettings
from studyruntime.ratelimit import RateLimiter, RateVerdict, address_group

T = TypeVar("T")
PATIENCE_SECONDS = 30.0  # a busy machine is not a Redis that is away
LIMITS = RateLimitSettings(per_user=3, per_address=5, overall=8)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def ask(limiter: RateLimiter, times: int, **who: str | None) -> list[RateVerdict]:
    return [await limiter.check(**{"user": None, "address": None, **who}) for _ in range(times)]


def shared(server: ValkeyServer) -> RateLimiter:
    return RateLimiter(LIMITS, BrokerSettings(host=HOST, port=server.port, cache_timeout_seconds=PATIENCE_SECONDS))


def scopes(verdicts: list[RateVerdict]) -> list[str]:
    return [verdict.scope if not verdict.is_allowed else "-" for verdict in verdicts]


@pytest.mark.parametrize("place", ["redis", "memory"])
def test_each_limit_holds_and_the_narrow_ones_are_asked_first(valkey: ValkeyServer, place: str) -> None:
    async def scenario() -> None:
        limiter = shared(valkey) if place == "redis" else RateLimiter(LIMITS)
        assert scopes(await ask(limiter, 5, user="ada", address="8.8.8.8")) == ["-", "-", "-", "user", "user"]
        assert scopes(await ask(limiter, 4, user="bob", address="8.8.8.8")) == ["-", "-", "address", "user"]
        assert scopes(await ask(limiter, 2, address="9.9.9.9")) == ["-", "-"]
        assert scopes(await ask(limiter, 2)) == ["-", "everyone"], "who was refused used nothing of everyone's"
        await limiter.close()

    run(scenario())


def test_the_verdict_tells_what_is_left_and_when_to_come_again(valkey: ValkeyServer) -> None:
    async def scenario() -> list[RateVerdict]:
        limiter = shared(valkey)
        try:
            return await ask(limiter, 4, user="ada", address="8.8.8.8")
        finally:
            await limiter.close()

    verdicts = run(scenario())

    assert [(verdict.limit, verdict.remaining) for verdict in verdicts] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert all(1 <= verdict.reset_after_seconds <= 61 for verdict in verdicts)
    assert verdicts[-1].reset_after_seconds >= 55


def test_processes_count_together(valkey: ValkeyServer) -> None:
    async def scenario() -> list[str]:
        one, other = shared(valkey), shared(valkey)
        found = scopes([*await ask(one, 2, user="ada"), *await ask(other, 2, user="ada")])
        await one.close()
        await other.close()
        return found

    assert run(scenario()) == ["-", "-", "-", "user"]


def test_the_window_slides(valkey: ValkeyServer) -> None:
    async def scenario() -> list[str]:
        limiter = shared(valkey)
        await ask(limiter, 3, user="ada")
        client = valkey.client()
        (key,) = client.keys("*ada*")
        times = [float(entry) for entry in client.lrange(key, 0, -1)]
        client.lset(key, -1, str(times[-1] - 61))  # the oldest was made a minute ago
        client.close()
        found = scopes(await ask(limiter, 2, user="ada"))
        await limiter.close()
        return found

    assert run(scenario()) == ["-", "user"]


def test_without_redis_a_process_counts_by_itself(own_valkey: ValkeyServer) -> None:
    async def scenario() -> list[str]:
        limiter = shared(own_valkey)
        await ask(limiter, 1, user="ada")
        own_valkey.kill()
        found = scopes(await ask(limiter, 4, user="ada"))
        await limiter.close()
        return found

    assert run(scenario()) == ["-", "-", "-", "user"]


def test_it_counts_in_elasticache_too(elasticache: ElastiCacheServer, certificates: Certificates) -> None:
    settings = BrokerSettings(
        kind=BrokerKind.ELASTICACHE,
        host="localhost",
        port=elasticache.port,
        user=elasticache.user,
        password=elasticache.password,
        ca_file=str(certificates.authority),
        cache_timeout_seconds=PATIENCE_SECONDS,
    )

    async def scenario() -> list[str]:
        limiter = RateLimiter(LIMITS, settings)
        found = scopes(await ask(limiter, 4, user="ada"))
        await limiter.close()
        return found

    assert run(scenario()) == ["-", "-", "-", "user"]
    client = elasticache.client()
    assert client.keys("*ada*"), "it was Redis that counted"
    client.close()


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_a_customer_of_ipv6_is_one_address(address: ipaddress.IPv6Address, host: int) -> None:
    neighbour = ipaddress.IPv6Address((int(address) >> 64 << 64) | host)
    if address.ipv4_mapped is None and neighbour.ipv4_mapped is None:
        assert address_group(str(address)) == address_group(str(neighbour))


@given(st.ip_addresses(v=4))
def test_ipv4_is_the_same_however_it_is_written(address: ipaddress.IPv4Address) -> None:
    assert address_group(str(address)) == address_group(f"::ffff:{address}") == str(address)


def test_what_is_no_address_is_counted_together() -> None:
    assert address_group("evil") == address_group("") == "unknown"
