"""The whole platform on this machine: real servers, and every service as a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.support.servers.moto import MotoServer
from tests.support.servers.postgres import Database
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.services import Service, User
from tests.support.surroundings import make_buckets, make_queues

CELERY = "celery"
SQS = "sqs"
ROLES = ("api", "notification", "notification-2", "document", "indexing", "quiz", "outbox-relay")


class StudyPlatform:
    """Services by name. A second one of a role has a number behind it."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)
        self._folder = folder
        self.services: dict[str, Service] = {}

    def start(
        self,
        *names: str,
        is_ready: Callable[[Service], bool] = Service.is_ready,
        told: Callable[[str], Mapping[str, str]] = lambda _name: {},
        **variables: str,
    ) -> None:
        """Start services at once and wait until all are ready. `told` says what only one of them is told."""
        made = [self._make(name, {**variables, **told(name)}, is_ready) for name in names]
        with ThreadPoolExecutor(len(made)) as pool:
            list(pool.map(Service.start, made))

    def stop(self) -> None:
        """Stop every service."""
        with ThreadPoolExecutor(max(1, len(self.services))) as pool:
            list(pool.map(Service.stop, self.services.values()))

    def user(self, notification: str = "notification") -> User:
        """A new user, connected to one of the notification services."""
        return User(self.services["api"].url, self.services[notification].url)

    def __getitem__(self, name: str) -> Service:
        return self.services[name]

    def _make(self, name: str, variables: Mapping[str, str], is_ready: Callable[[Service], bool]) -> Service:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        service = Service(name.removesuffix("-2"), folder, {**self.variables, **variables}, is_ready)
        self.services[name] = service
        return service


@contextmanager
def study_platform(
    folder: Path, queue: str, *, valkey: ValkeyServer, postgres: Database, qdrant: QdrantServer, moto: MotoServer
) -> Iterator[StudyPlatform]:
    """A platform whose services are not started yet. The database must be migrated."""
    queues = make_queues(moto) if queue == SQS else {"TASK_QUEUE_TYPE": CELERY}
    variables = {
        **valkey.variables(),
        **postgres.variables(),
        **qdrant.variables(),
        **make_buckets(moto),
        **queues,
        "WORKER_CONCURRENCY": "1",
        "TASK_RETRY_DELAY_SECONDS": "0.2",
        "DRAIN_SECONDS": "0",
        "RATE_LIMIT_USER": "100000",
        "RATE_LIMIT_IP": "100000",
        "RATE_LIMIT_GLOBAL": "100000",
    }
    platform = StudyPlatform(folder, variables)
    try:
        yield platform
    finally:
        platform.stop()
