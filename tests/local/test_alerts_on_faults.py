"""Faults on this machine's platform ring exactly the alerts that they should, in a real Prometheus and Alertmanager.

One platform for all faults. Windows are compressed by `--window-scale` where the rules are rendered; nothing else of
them differs from what runs anywhere. Each fault begins and ends in silence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
import redis
from qdrant_client import QdrantClient, models
from tests.support.alerting import Alertmanager, Prometheus
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine
from tests.support.debian_tools import find_tool
from tests.support.fault_tour import HELD_UP_SECONDS, SEARCH, SLOW_VECTORS_SECONDS, TOUR
from tests.support.full_volume import SCRATCH, fill
from tests.support.student import ASK_SECONDS, Student, wait
from tests.support.traffic import traffic

from studyruntime.config import Settings, load_settings

SCALE, SCRAPE_SECONDS = 0.002, 3
"""A minute of a window is 0.12 s: what a promise forgets in six hours it forgets in 43 s. No window is shorter than
four scrapes, 12 s: a scrape takes as long as the health check of a dependency that hangs, which is two seconds."""
VOLUME_MIB = 24
OPTIONS = (
    *("--with", "monitoring", "--window-scale", str(SCALE), "--scrape-seconds", str(SCRAPE_SECONDS)),
    *("--vector-volume-mib", str(VOLUME_MIB)),
)


@dataclass(frozen=True)
class Target:
    """The platform, and what watches it."""

    folder: Path
    studyctl: CommandLine
    urls: Mapping[str, str]

    @cached_property
    def prometheus(self) -> Prometheus:
        return Prometheus(self.urls["prometheus"])

    @cached_property
    def alertmanager(self) -> Alertmanager:
        return Alertmanager(self.urls["alertmanager"])

    @cached_property
    def settings(self) -> Settings:
        """What the services are told."""
        self.studyctl("env", "export", "dev", "--local").must(0)
        return load_settings({"SETTINGS_FILE": str(self.folder / ".env.local")})

    @cached_property
    def student(self) -> Student:
        """Somebody who uses the platform."""
        return self.student_named("anna")

    def student_named(self, name: str) -> Student:
        """Somebody else."""
        return Student.of(self.urls["balancer"], self.settings.require_session_signing_key().get_secret_value(), name)

    def up(self, *options: str) -> None:
        self.studyctl("local", "up", *OPTIONS, *options).must(0)

    def down(self, part: str) -> None:
        self.studyctl("local", "down", "--only", part).must(0)

    @contextmanager
    def cache(self) -> Iterator[redis.Redis]:
        broker = self.settings.require_broker()
        password = broker.password.get_secret_value() if broker.password else None
        with redis.Redis(host=broker.host, port=broker.port, username=broker.user, password=password) as client:
            yield client

    @contextmanager
    def vectors(self) -> Iterator[QdrantClient]:
        told = self.settings.require_qdrant()
        key = told.api_key.get_secret_value() if told.api_key else None
        client = QdrantClient(url=told.url, api_key=key, timeout=int(ASK_SECONDS), check_compatibility=False)
        yield client
        client.close()

    def await_silence(self) -> None:
        """Until nothing rings, and nobody is told of anything."""
        wait(lambda: not self.prometheus.firing(), "silence in Prometheus")
        wait(lambda: not self.alertmanager.told(), "silence in Alertmanager")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    find_tool("prometheus", package="prometheus")
    find_tool("prometheus-alertmanager", package="prometheus-alertmanager")
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    studyctl = CommandLine(checkout.folder)
    try:
        places = studyctl("local", "up", *OPTIONS, "--json").must(0).document
        target = Target(checkout.folder, studyctl, {place["name"]: place["url"] for place in places})
        document_id = target.student.upload("before everything")
        target.student.await_status(document_id, "indexed")
        yield target
    finally:
        studyctl("local", "down", "--erase").must(0)


@contextmanager
def worker_stopped(target: Target) -> Iterator[float]:
    began = time.time()
    target.down("document")
    document_id = target.student.upload("for nobody")
    yield began
    target.up("--only", "document")
    target.student.await_status(document_id, "indexed")


@contextmanager
def poison(target: Target) -> Iterator[float]:
    began = time.time()
    with target.cache() as cache:
        cache.lpush("document_queue", "\x00 not a message")
        yield began
        cache.delete("document_queue:dead")  # somebody looked at it, and nobody can process it


@contextmanager
def disk_full(target: Target) -> Iterator[float]:
    began = time.time()
    with target.vectors() as vectors:
        vectors.create_collection(SCRATCH, models.VectorParams(size=4, distance=models.Distance.DOT))
        fill(vectors)
        document_id = target.student.upload("for a full disk")
        target.student.await_status(document_id, "failed")
        yield began
        vectors.delete_collection(SCRATCH)
    target.student.ask_for_index(document_id)
    target.student.await_status(document_id, "indexed")
    with target.cache() as cache:
        cache.delete("indexing_queue:dead")


@contextmanager
def relay_held_up(target: Target) -> Iterator[float]:
    with faulty(target, "outbox_relay", f"slow={HELD_UP_SECONDS}") as began:
        document_id = target.student.upload("for nobody to hear of")
        yield began
    target.student.await_status(document_id, "indexed")


@contextmanager
def vectors_slow(target: Target) -> Iterator[float]:
    with faulty(target, "vector_database", f"slow={SLOW_VECTORS_SECONDS}") as began, asked(target, SEARCH):
        yield began


@contextmanager
def slow(target: Target) -> Iterator[float]:
    with faulty(target, "api", "slow=3") as began, asked(target, "/api/documents"):
        yield began


@contextmanager
def errors(target: Target) -> Iterator[float]:
    with faulty(target, "api", "5xx=1") as began, asked(target, "/api/documents"):
        yield began


@contextmanager
def database_stopped(target: Target) -> Iterator[float]:
    began = time.time()
    target.down("database")
    yield began
    target.up("--only", "database")


FAULTS: Mapping[str, Callable[[Target], AbstractContextManager[float]]] = {
    # each yields the time from which everything that rings is its doing
    "worker-stopped": worker_stopped,
    "poison": poison,
    "disk-full": disk_full,
    "database-stopped": database_stopped,
    "relay-held-up": relay_held_up,
    "vectors-slow": vectors_slow,
    "slow": slow,  # the last ones: the budget of a promise forgets slowly
    "errors": errors,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_rings_exactly_its_alerts_and_they_end(target: Target, name: str) -> None:
    rings = TOUR[name]
    target.await_silence()
    with FAULTS[name](target) as began:
        wait(lambda: target.prometheus.firing() >= rings.prometheus, f"{sorted(rings.prometheus)} to fire")
        wait(lambda: target.alertmanager.told() >= rings.told, f"somebody told of {sorted(rings.told)}")
        settled = time.time() + target.prometheus.longest_wait_seconds()
        wait(lambda: target.prometheus.has_judged_after(settled), "every other rule to have had its time")
        fired, told = target.prometheus.fired_since(began), target.alertmanager.told()
    target.await_silence()

    assert fired >= rings.prometheus
    assert not rings.strangers(fired)
    assert told >= rings.told
    assert not told & rings.hushed, "a greater alert rings of the same thing"


def test_every_fault_of_the_tour_is_made() -> None:
    assert set(FAULTS) == set(TOUR)


@contextmanager
def faulty(target: Target, part: str, fault: str) -> Iterator[float]:
    """A part with a fault. That it was away while it started anew is not what is meant."""
    target.up("--only", part, "--fault", f"{part}:{fault}")
    target.await_silence()
    yield time.time()
    target.up("--only", part)


def asked(target: Target, path: str) -> AbstractContextManager[None]:
    """The API is asked all the time."""
    return traffic([target.student_named(f"asker-{number}").client for number in range(4)], path)
