"""Workers that are stopped, killed and poisoned, over each transport."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

import amqp
import pytest
from tests.runtime.tasks.conftest import Record, Worker
from tests.runtime.tasks.program import QUEUE
from tests.support.servers.moto import MotoServer
from tests.support.servers.process import free_port
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer
from tests.support.until import until

from studyruntime.config import load_settings
from studyruntime.errors import Unavailable
from studyruntime.tasks import CeleryTaskQueue
from studyruntime.tasks.redis_transport import RESTORES_HEADER

StartWorker = Callable[..., Worker]


@pytest.fixture(params=["valkey", "sqs", "rabbitmq"])
def transport(request: pytest.FixtureRequest) -> str:
    """ElastiCache is the first one again, behind TLS: the contract covers what differs."""
    kind: str = request.param
    return kind


def envelope(body: str, **headers: str) -> str:
    """A message as Kombu writes it."""
    return json.dumps(
        {
            "body": body,
            "headers": headers,
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "properties": {
                "body_encoding": "base64",
                "delivery_tag": f"tag of {body}",
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
            },
        }
    )


def encoded(body: str) -> str:
    return base64.b64encode(body.encode()).decode()


POISON = {
    "no JSON": "\x00 not a message",
    "JSON of something else": json.dumps(["a", "list"]),
    "an envelope without a task": json.dumps({"body": "e30=", "properties": {"body_encoding": "base64"}}),
    "a body that is not base64": envelope("!", task="test.greet", id="1"),
    "a body that is not JSON": envelope(encoded("{"), task="test.greet", id="2"),
    "a body of another shape": envelope(encoded('{"args": []}'), task="test.greet", id="3"),
    "arguments of another shape": envelope(encoded("[1, 2, 3]"), task="test.greet", id="4"),
    "a task without an id": envelope(encoded("[[], {}, {}]"), task="test.greet"),
}


@pytest.fixture
def put_raw(transport: str, variables: dict[str, str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Puts text into the queue past everything of ours."""
    if transport == "sqs":
        moto: MotoServer = request.getfixturevalue("moto")
        url = variables[f"{QUEUE.upper()}_URL"]
        return lambda text: moto.client("sqs").send_message(QueueUrl=url, MessageBody=text.replace("\x00", " "))
    if transport == "rabbitmq":

        def publish(text: str) -> None:
            with amqp.Connection(host=f"127.0.0.1:{request.getfixturevalue('rabbitmq').port}") as connection:
                connection.channel().basic_publish_confirm(
                    amqp.Message(text, content_type="application/json"), routing_key=QUEUE
                )

        return publish
    server: ValkeyServer | ElastiCacheServer = request.getfixturevalue(transport)

    def push(text: str) -> None:
        client = server.client()
        client.lpush(QUEUE, text)
        client.close()

    return push


def test_a_task_of_a_killed_worker_runs_on_another(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    first = start_worker()
    queue.enqueue("test.gated", (str(record),))
    record.wait_for(f"begin {first.pid}")
    first.kill()
    second = start_worker()
    record.open_gate()
    record.wait_for(f"end {second.pid}")
    assert f"end {first.pid}" not in record.lines


def test_a_worker_that_is_told_to_stop_finishes_its_task(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    worker = start_worker()
    queue.enqueue("test.gated", (str(record),))
    record.wait_for(f"begin {worker.pid}")
    queue.enqueue("test.greet", (str(record), "too late"))
    worker.ask_to_stop()
    until(lambda: "Warm shutdown" in worker.log.read_text(), "the worker to have heard")
    record.open_gate()
    assert worker.wait() == 0
    assert record.lines == [f"begin {worker.pid}", f"end {worker.pid}"]
    start_worker()
    record.wait_for("hello too late.")
    assert queue.dead_letter_count(QUEUE) == 0


def test_a_task_that_does_not_end_is_given_back_when_the_time_to_stop_is_over(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    worker = start_worker(TASK_STOP_SECONDS="0.5", TASK_VISIBILITY_TIMEOUT_SECONDS="3600")
    queue.enqueue("test.gated", (str(record),))
    record.wait_for(f"begin {worker.pid}")
    worker.ask_to_stop()
    worker.wait()
    heir = start_worker()
    record.open_gate()
    record.wait_for(f"end {heir.pid}")
    assert f"end {worker.pid}" not in record.lines


def test_a_task_that_kills_its_process_once_is_run_again(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    worker = start_worker()
    queue.enqueue("test.suicidal", (str(record), 1))
    record.wait_for("done")
    assert worker.is_running


def test_a_task_that_always_kills_its_process_becomes_a_dead_letter(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    worker = start_worker()
    queue.enqueue("test.suicidal", (str(record), 99))
    until(lambda: queue.dead_letter_count(QUEUE) == 1, "the dead letter")
    assert record.lines.count("attempt") == 3
    assert worker.is_running


def test_poison_goes_to_the_dead_letters_and_the_worker_goes_on(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record, put_raw: Callable[[str], None]
) -> None:
    queue.connect()
    for text in POISON.values():
        put_raw(text)
    worker = start_worker()
    queue.enqueue("test.greet", (str(record), "survivor"))
    record.wait_for("hello survivor.")
    until(lambda: queue.dead_letter_count(QUEUE) == len(POISON), "all of it among the dead letters")
    assert worker.is_running
    assert queue.length(QUEUE) == 0


@pytest.mark.parametrize("transport", ["valkey"])
def test_a_task_may_take_longer_than_the_visibility_timeout(
    transport: str, queue: CeleryTaskQueue, start_worker: StartWorker, record: Record, request: pytest.FixtureRequest
) -> None:
    workers = [start_worker(TASK_VISIBILITY_TIMEOUT_SECONDS="1") for _ in range(2)]
    queue.enqueue("test.gated", (str(record),))
    until(lambda: record.lines, "the task to begin")
    client = request.getfixturevalue(transport).client()

    def held_since() -> float:
        ((_, moment),) = client.zrange("unacked_index", 0, -1, withscores=True)
        return float(moment)

    first = held_since()
    until(lambda: held_since() > first + 3, "the hold to be renewed beyond three timeouts")
    client.close()
    record.open_gate()
    until(lambda: any(line.startswith("end") for line in record.lines), "the task to end")
    assert len(record.lines) == 2
    for worker in workers:
        worker.ask_to_stop()
        assert worker.wait() == 0
    assert len(record.lines) == 2


@pytest.mark.parametrize("transport", ["valkey"])
def test_a_message_that_was_handed_on_too_often_becomes_a_dead_letter(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record, valkey: ValkeyServer
) -> None:
    queue.enqueue("test.greet", (str(record), "killer of workers"))
    client = valkey.client()
    message = json.loads(client.rpop(QUEUE))
    message["headers"][RESTORES_HEADER] = 3
    client.hset("unacked", "tag", json.dumps([message, "", QUEUE]))
    client.zadd("unacked_index", {"tag": 0})
    start_worker()
    until(lambda: queue.dead_letter_count(QUEUE) == 1, "the dead letter")
    (entry,) = client.lrange(f"{QUEUE}:dead", 0, -1)
    assert json.loads(entry)["reason"] == "handed on 3 times and never finished"
    assert client.hlen("unacked") == 0
    client.close()
    assert record.lines == []


def test_the_server_restarts_under_a_worker(
    own_valkey: ValkeyServer, record: Record, tmp_path_factory: pytest.TempPathFactory
) -> None:
    variables = {**own_valkey.variables(), "TASK_QUEUE_TYPE": "celery", "TASK_VISIBILITY_TIMEOUT_SECONDS": "2"}
    queue = CeleryTaskQueue(load_settings(variables))
    worker = Worker(variables, tmp_path_factory.mktemp("worker") / "log")
    try:
        queue.enqueue("test.greet", (str(record), "before"), queue=QUEUE)
        record.wait_for("hello before.")
        own_valkey.kill()
        own_valkey.start()
        queue.enqueue("test.greet", (str(record), "after"), queue=QUEUE)
        record.wait_for("hello after.")
        assert worker.is_running
    finally:
        worker.kill()
        queue.close()
        sys.stdout.write(worker.log.read_text(errors="replace"))


def test_a_queue_that_was_deleted_under_a_publisher_is_made_again(rabbitmq: Any, record: Record) -> None:
    queue = CeleryTaskQueue(load_settings({"TASK_QUEUE_TYPE": "celery", "CELERY_BROKER_URL": rabbitmq.url}))
    queue.enqueue("test.greet", (str(record), "first"), queue=QUEUE)
    with amqp.Connection(host=f"127.0.0.1:{rabbitmq.port}") as connection:
        connection.channel().queue_delete(QUEUE)
    queue.enqueue("test.greet", (str(record), "second"), queue=QUEUE)
    assert queue.length(QUEUE) == 1
    queue.close()


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_server_that_is_not_there_is_unavailable(scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}"
    queue = CeleryTaskQueue(load_settings({"TASK_QUEUE_TYPE": "celery", "CELERY_BROKER_URL": url}))
    with pytest.raises(Unavailable, match="task queue"):
        queue.connect()
    with pytest.raises(Unavailable, match="task queue"):
        queue.enqueue("test.greet", queue=QUEUE)


def test_sqs_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    url = f"http://127.0.0.1:{free_port()}"
    queue = CeleryTaskQueue(
        load_settings(
            {
                "ENVIRONMENT": "cloud",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": url,
                "TASK_QUEUE_TYPE": "sqs",
                "DOCUMENT_QUEUE_URL": f"{url}/123456789012/document",
            }
        )
    )
    with pytest.raises(Unavailable, match="task queue"):
        queue.connect()
