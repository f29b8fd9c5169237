"""The task queue under test, over each transport, and workers as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.runtime.tasks.program import QUEUE, TASKS
from tests.support.servers.moto import MotoServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer
from tests.support.until import until

from studyruntime.config import load_settings
from studyruntime.tasks import CeleryTaskQueue

MAX_ATTEMPTS = 3
QUICK = {
    "TASK_MAX_RETRIES": str(MAX_ATTEMPTS - 1),
    "TASK_RETRY_DELAY_SECONDS": "0.05",
    "TASK_VISIBILITY_TIMEOUT_SECONDS": "3",
}


class Worker:
    """A worker in a process group of its own."""

    def __init__(self, variables: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.runtime.tasks.program"],
                env={**os.environ, **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def ask_to_stop(self) -> None:
        """What ECS does first."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        return self._process.wait(timeout=180)

    def kill(self) -> None:
        """What ECS does last: the worker and its children, without a word."""
        if self.is_running:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Record:
    """What tasks said."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    def wait_for(self, line: str, times: int = 1) -> None:
        until(lambda: self.lines.count(line) >= times, f"{line!r} ({times} times) among {self.lines}")

    def open_gate(self) -> None:
        Path(f"{self.path}.gate").touch()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "record")


@pytest.fixture(params=["valkey", "elasticache", "sqs", "rabbitmq"])
def transport(request: pytest.FixtureRequest) -> str:
    """What carries the tasks."""
    kind: str = request.param
    return kind


@pytest.fixture
def variables(transport: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """What a service is told about its transport, with short times."""
    if transport == "sqs":
        return QUICK | sqs_variables(request.getfixturevalue("moto"))
    if transport == "rabbitmq":
        return QUICK | rabbitmq_variables(request.getfixturevalue("rabbitmq"))
    server: ValkeyServer | ElastiCacheServer = request.getfixturevalue(transport)
    return QUICK | server.variables() | {"TASK_QUEUE_TYPE": "celery"}


def sqs_variables(moto: MotoServer) -> dict[str, str]:
    """Two queues as terraform/queue makes them: one with a redrive policy to the other."""
    client = moto.client("sqs")
    name = f"queue-{uuid.uuid4().hex}"
    dead = client.create_queue(QueueName=f"{name}-dead-letter")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": MAX_ATTEMPTS}
    attributes = {"VisibilityTimeout": "3", "RedrivePolicy": json.dumps(policy)}
    url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return {
        "ENVIRONMENT": "cloud",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": moto.url,
        "TASK_QUEUE_TYPE": "sqs",
        f"{QUEUE.upper()}_URL": url,
    }


def rabbitmq_variables(rabbitmq: RabbitServer) -> dict[str, str]:
    """A virtual host would need the management plugin, so every test finds the queues empty instead."""
    import amqp  # noqa: PLC0415

    with amqp.Connection(host=f"127.0.0.1:{rabbitmq.port}") as connection:
        for name in (QUEUE, f"{QUEUE}:dead"):
            connection.channel().queue_delete(name)
    return {"TASK_QUEUE_TYPE": "celery", "CELERY_BROKER_URL": rabbitmq.url}


@pytest.fixture
def queue(variables: dict[str, str]) -> Iterator[CeleryTaskQueue]:
    """The queue as a program that enqueues sees it."""
    made = CeleryTaskQueue(load_settings(variables), TASKS)
    yield made
    made.close()


@pytest.fixture
def start_worker(variables: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Starts workers. What they printed is shown when a test fails."""
    workers: list[Worker] = []

    def start(**changes: str) -> Worker:
        worker = Worker({**variables, **changes}, tmp_path / f"worker-{len(workers)}.log")
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.kill()
        sys.stdout.write(worker.log.read_text(errors="replace"))
