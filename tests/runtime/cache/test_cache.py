from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.servers.certificates import Certificates
from tests.support.servers.process import HOST
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer

from studyruntime.cache import CacheManager
from studyruntime.config import BrokerKind, BrokerSettings
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import CACHE_REQUESTS

PATIENCE_SECONDS = 30.0  # a busy machine is not a Redis that is away
DEADLINE_SECONDS = 180.0
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def eventually(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)


Open = Callable[..., CacheManager]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens caches, each as another process would, and closes them."""
    with ExitStack() as caches:

        def open_cache(
            server: ValkeyServer, patience_seconds: float = PATIENCE_SECONDS, **options: Any
        ) -> CacheManager:
            cache = CacheManager(
                BrokerSettings(host=HOST, port=server.port, cache_timeout_seconds=patience_seconds), **options
            )
            caches.callback(cache.close)
            return cache

        yield open_cache


def reads(metrics: Metrics, level: str, result: str) -> float:
    return metrics.value(CACHE_REQUESTS, level=level, result=result)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=30), values)
def test_what_is_kept_comes_back_in_every_process(
    shared: tuple[CacheManager, CacheManager], key: str, value: Any
) -> None:
    one, other = shared

    one.set(key, value, ttl=60)

    assert one.get(key, "absent") == value
    eventually(lambda: other.get(key, "absent") == value, "the other one sees it")


@pytest.fixture(scope="module")
def shared(valkey_server: ValkeyServer) -> Iterator[tuple[CacheManager, CacheManager]]:
    broker = BrokerSettings(host=HOST, port=valkey_server.port, cache_timeout_seconds=PATIENCE_SECONDS)
    caches = tuple(CacheManager(broker) for _ in range(2))
    yield caches[0], caches[1]
    for cache in caches:
        cache.close()


def test_a_value_is_read_from_redis_once_and_then_from_memory(valkey: ValkeyServer, opened: Open) -> None:
    opened(valkey).set("user:1", {"name": "Ada"}, ttl=60)
    metrics = Metrics()
    reader = opened(valkey, metrics=metrics)

    assert reader.get("missing") is None
    assert [reader.get("user:1") for _ in range(5)] == [{"name": "Ada"}] * 5

    assert reads(metrics, "second", "miss") == 1
    assert reads(metrics, "second", "hit") == 1
    assert reads(metrics, "first", "hit") == 4


def test_a_change_by_one_process_reaches_the_memory_of_another(valkey: ValkeyServer, opened: Open) -> None:
    one, other = opened(valkey, first_level_seconds=3600), opened(valkey, first_level_seconds=3600)
    one.set("key", "old", ttl=3600)
    assert other.get("key") == "old"

    one.set("key", "new", ttl=3600)
    eventually(lambda: other.get("key") == "new", "the change arrived")
    one.delete("key")
    eventually(lambda: other.get("key") is None, "the deletion arrived")
    other.set("key", "back", ttl=3600)
    eventually(lambda: one.get("key") == "back", "and the other way")


def test_a_value_goes_when_its_time_is_over(valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(valkey, first_level_seconds=3600)
    cache.set("key", "value", ttl=0.2)
    assert cache.get("key") == "value"

    eventually(lambda: cache.get("key") is None, "it is gone")


def test_memory_keeps_nothing_for_long_whatever_redis_says(valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(valkey, first_level_seconds=0.1)
    cache.set("key", "value", ttl=3600)
    client = valkey.client()
    client.client_kill_filter(_type="pubsub")  # changes are no longer heard
    client.set("study_cache:key", json.dumps(json.dumps("changed")))
    client.close()

    eventually(lambda: cache.get("key") == "changed", "memory was not believed for ever")


def test_a_value_cannot_be_changed_by_whoever_reads_it(valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(valkey)
    cache.set("key", [1], ttl=60)

    cache.get("key").append(2)

    assert cache.get("key") == [1]


def test_memory_is_bounded(valkey: ValkeyServer, opened: Open) -> None:
    metrics = Metrics()
    cache = opened(valkey, metrics=metrics, first_level_size=10)
    for number in range(30):
        cache.set(f"key:{number}", number, ttl=60)

    assert [cache.get(f"key:{number}") for number in range(30)] == list(range(30))
    assert reads(metrics, "second", "hit") >= 20


def test_what_is_no_json_or_no_time_is_refused(valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(valkey)
    with pytest.raises(TypeError):
        cache.set("key", {1, 2}, ttl=60)
    with pytest.raises(ValueError, match="positive"):
        cache.set("key", 1, ttl=0)
    cache.delete()
    assert cache.get("key", "default") == "default"


def test_a_stranger_in_redis_does_not_break_reading(valkey: ValkeyServer, opened: Open) -> None:
    client = valkey.client()
    client.set("study_cache:key", b"\x80\x04cos\nsystem\n")
    client.set("study_cache:number", b"5")
    client.set("study_cache:words", json.dumps("no JSON inside"))
    client.close()
    cache = opened(valkey)

    assert [cache.get(key, "absent") for key in ("words", "number", "key")] == ["absent"] * 3


class Computation:
    """Slow until it is let go, and counted."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> str:
        self.calls += 1
        self.begun.set()
        assert self.may_end.wait(DEADLINE_SECONDS)
        return "computed"


def test_of_all_that_ask_at_once_one_computes(valkey: ValkeyServer, opened: Open) -> None:
    compute = Computation()
    caches = [opened(valkey), opened(valkey)]
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda cache=cache: found.append(cache.get_or_compute("key", compute, ttl=60)))
        for cache in caches * 5
    ]
    for thread in threads:
        thread.start()
    assert compute.begun.wait(DEADLINE_SECONDS)
    compute.may_end.set()
    for thread in threads:
        thread.join()

    assert found == ["computed"] * 10
    assert compute.calls == 1
    assert caches[0].get_or_compute("key", lambda: "again", ttl=60) == "computed"


def test_a_computation_that_failed_is_tried_by_the_next(valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(valkey)

    def fail() -> str:
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        cache.get_or_compute("key", fail, ttl=60)
    assert cache.get_or_compute("key", lambda: None, ttl=60) is None
    assert cache.get_or_compute("key", fail, ttl=60) is None, "nothing is a value too"


def test_who_died_computing_holds_the_others_up_only_for_a_while(valkey: ValkeyServer, opened: Open) -> None:
    client = valkey.client()
    client.set("study_cache:key:computing", json.dumps("a token of the dead"), px=200)
    client.close()

    assert opened(valkey).get_or_compute("key", lambda: "mine", ttl=60, compute_seconds=30) == "mine"


def test_without_redis_each_process_goes_on_by_itself(own_valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(own_valkey)
    cache.set("key", "before", ttl=60)
    own_valkey.kill()

    cache.set("key", "meanwhile", ttl=60)
    assert cache.get("key") == "meanwhile"
    assert not cache.has_second_level
    assert cache.get_or_compute("computed", lambda: 5, ttl=60) == 5
    assert cache.get("computed") == 5
    cache.delete("key")
    assert cache.get("key") is None


def test_when_redis_is_back_it_holds_nothing_that_was_changed_meanwhile(own_valkey: ValkeyServer, opened: Open) -> None:
    cache, witness = opened(own_valkey), opened(own_valkey)
    for key in ("changed", "deleted", "untouched"):
        cache.set(key, "before", ttl=600)
    own_valkey.kill()
    cache.set("changed", "meanwhile", ttl=600)
    cache.delete("deleted")

    own_valkey.start()
    eventually(lambda: cache.get("poll") is None and cache.has_second_level, "it is back")

    eventually(lambda: witness.get("untouched") == "before", "the other process is back too")
    eventually(lambda: witness.get("changed") is None, "what was changed is not what it was")
    eventually(lambda: witness.get("deleted") is None, "what was deleted is not there")
    cache.set("changed", "now", ttl=600)
    eventually(lambda: witness.get("changed") == "now", "and changes are heard again")


def test_a_process_that_starts_without_redis_waits_for_nobody(own_valkey: ValkeyServer, opened: Open) -> None:
    own_valkey.kill()
    cache = opened(own_valkey, patience_seconds=1.0)

    cache.set("key", "value", ttl=600)
    assert cache.get("key") == "value"

    own_valkey.start()
    eventually(lambda: cache.get("other") is None and cache.has_second_level, "it found Redis")


def test_a_forked_child_has_a_cache_of_its_own(valkey: ValkeyServer, opened: Open) -> None:
    cache = opened(valkey)
    cache.set("key", "parent", ttl=60)
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writer, str(cache.get("key")).encode())
        cache.set("key", "child", ttl=60)
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reader, 100) == b"parent"
    eventually(lambda: cache.get("key") == "child", "the parent hears of the child's change")


def test_it_works_with_elasticache(elasticache: ElastiCacheServer, certificates: Certificates) -> None:
    broker = BrokerSettings(
        kind=BrokerKind.ELASTICACHE,
        host="localhost",
        port=elasticache.port,
        user=elasticache.user,
        password=elasticache.password,
        ca_file=str(certificates.authority),
        cache_timeout_seconds=PATIENCE_SECONDS,
    )
    one, other = CacheManager(broker, first_level_seconds=3600), CacheManager(broker, first_level_seconds=3600)
    one.set("key", "old", ttl=60)
    assert other.get("key") == "old"
    assert other.has_second_level

    one.set("key", "new", ttl=60)

    eventually(lambda: other.get("key") == "new", "changes are heard through TLS as well")
    one.close()
    other.close()
