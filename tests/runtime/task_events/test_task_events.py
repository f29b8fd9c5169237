from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.task_events.program import TASKS
from tests.support.servers.process import HOST, free_port
from tests.support.servers.valkey import ValkeyServer
from tests.support.until import until

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import BrokerSettings, load_settings
from studyruntime.errors import MessageRejected, Unavailable
from studyruntime.events.catalogue import TaskStatus, TaskStatusUpdate
from studyruntime.events.codec import EventCodec
from studyruntime.events.publisher import EventPublisher
from studyruntime.task_events import EventDrivenTask, TaskEvents, user_of, words_for
from studyruntime.tasks import CeleryTaskQueue

CODEC = EventCodec()


class Stage:
    """A queue, a worker that takes from it, and the events that are told."""

    def __init__(self, server: ValkeyServer, queue: CeleryTaskQueue) -> None:
        self.server = server
        self.queue = queue

    def events(self) -> list[TaskStatusUpdate]:
        client = self.server.client()
        entries: Any = client.xrange("study_ai_events:task")
        client.close()
        return [event for _, fields in entries if isinstance(event := CODEC.decode(fields[b"data"]), TaskStatusUpdate)]

    def run(self, name: str, *args: str, **kwargs: str) -> list[TaskStatusUpdate]:
        """What a task tells until its end."""
        task_id = self.queue.enqueue(name, args, kwargs)

        def told() -> list[TaskStatusUpdate]:
            return [event for event in self.events() if event.task_id == task_id]

        until(lambda: any(event.status.is_final for event in told()), f"{name} has ended")
        return told()


@pytest.fixture
def stage(valkey: ValkeyServer, tmp_path: Path) -> Iterator[Stage]:
    variables = {
        **valkey.variables(),
        "TASK_QUEUE_TYPE": "celery",
        "TASK_RETRY_DELAY_SECONDS": "0.05",
        "TASK_MAX_RETRIES": "2",
        "SERVICE_NAME": "document-worker",
    }
    queue = CeleryTaskQueue(load_settings(variables), TASKS)
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.task_events.program"],
            env={**os.environ, **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    yield Stage(valkey, queue)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    queue.close()


def test_tasks_tell_of_themselves(stage: Stage) -> None:
    good = stage.run("events.process", "doc456", "user123")
    flaky = stage.run("events.flaky", user_id="user123")
    hopeless = stage.run("events.hopeless", "user123")
    stage.queue.enqueue("events.anonymous", ["words"])
    last = stage.run("events.process", "doc457", "user123")

    assert [(e.status, e.progress, e.message) for e in good] == [
        (TaskStatus.STARTED, None, ""),
        (TaskStatus.PROCESSING, 50, "half of doc456 for [email]"),
        (TaskStatus.COMPLETED, 100, ""),
    ]
    assert {(e.user_id, e.task_type, e.source) for e in good} == {("user123", "document_processing", "document-worker")}
    assert {e.correlation_id for e in good} <= {good[0].task_id, None}
    assert good[1].correlation_id == good[0].task_id
    assert [(e.status, e.message) for e in flaky] == [
        (TaskStatus.STARTED, ""),
        (TaskStatus.RETRYING, "the work failed (KeyError)"),
        (TaskStatus.STARTED, "attempt 2 of 3"),
        (TaskStatus.COMPLETED, ""),
    ]
    assert {e.task_type for e in flaky} == {"events.flaky"}
    assert [(e.status, e.message) for e in hopeless] == [
        (TaskStatus.STARTED, ""),
        (TaskStatus.FAILED, "this is no document"),
    ]
    told_of = {event.task_id for event in stage.events()}
    assert told_of == {good[0].task_id, flaky[0].task_id, hopeless[0].task_id, last[0].task_id}, "nothing of nobody's"


@pytest.fixture
def events(valkey: ValkeyServer) -> Iterator[TaskEvents]:
    broker = RedisStreamBroker(BrokerSettings(host=HOST, port=valkey.port))
    yield TaskEvents(lambda: EventPublisher(broker, codec=CODEC, source="tests"))
    broker.close()


def test_code_that_is_no_task_may_tell_too(valkey: ValkeyServer, events: TaskEvents) -> None:
    class Handler(EventDrivenTask):
        abstract = True

    handler = Handler()
    handler.events = events
    handler.publish_task_started("t", "u", "document_processing")
    handler.publish_task_progress("t", "u", "document_processing", 50, "Processing...")
    handler.publish_task_completed("t", "u", "document_processing", "Document processed!")
    handler.publish_task_failed("t", "u", "document_processing", "x" * 5000)

    client = valkey.client()
    entries: Any = client.xrange("study_ai_events:task")
    client.close()
    told = [CODEC.decode(fields[b"data"]) for _, fields in entries]
    assert [(e.status, e.progress) for e in told if isinstance(e, TaskStatusUpdate)] == [
        (TaskStatus.STARTED, None),
        (TaskStatus.PROCESSING, 50),
        (TaskStatus.COMPLETED, 100),
        (TaskStatus.FAILED, None),
    ]


def test_the_same_word_of_the_same_attempt_is_the_same_event(valkey: ValkeyServer, events: TaskEvents) -> None:
    for attempt in (1, 1, 2):
        events.tell("t", "u", "kind", TaskStatus.STARTED, attempt=attempt)
    events.tell("t", "u", "kind", TaskStatus.PROCESSING, progress=10)
    events.tell("t", "u", "kind", TaskStatus.PROCESSING, progress=20)

    client = valkey.client()
    entries: Any = client.xrange("study_ai_events:task")
    client.close()
    ids = [CODEC.decode(fields[b"data"]).event_id for _, fields in entries]
    assert (len(ids), len(set(ids))) == (5, 4)


def test_a_broker_that_is_away_does_not_fail_the_work() -> None:
    broker = RedisStreamBroker(BrokerSettings(host=HOST, port=free_port(), retry_seconds=0.01))

    TaskEvents(lambda: EventPublisher(broker, codec=CODEC)).tell("t", "u", "kind", TaskStatus.STARTED)

    with pytest.raises(Unavailable):
        broker.ping()


def call(document_id: str, user_id: str = "default", *rest: str) -> None: ...


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        (("d", "u"), {}, "u"),
        (("d",), {"user_id": "u"}, "u"),
        ((), {"user_id": 5}, "5"),
        (("d",), {}, None),
        (("d", "u"), {"nonsense": 1}, None),
    ],
)
def test_whom_a_task_is_for_is_found_wherever_it_stands(
    args: tuple[str, ...], kwargs: dict[str, Any], expected: str | None
) -> None:
    assert user_of(call, args, kwargs) == expected


def test_users_learn_what_is_wrong_with_their_data_and_nothing_of_the_inside() -> None:
    assert words_for(MessageRejected("this is no PDF")) == "this is no PDF"
    assert words_for(KeyError("password")) == "the work failed (KeyError)"
    assert words_for(Unavailable("database", "db.internal")) == "the work failed (Unavailable)"
