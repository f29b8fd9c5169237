"""What every task queue promises, over each transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.runtime.tasks.conftest import MAX_ATTEMPTS, Record, Worker
from tests.runtime.tasks.program import QUEUE
from tests.support.until import until

from studyruntime.errors import NotFound, RuntimeFailure, TaskNotRegistered
from studyruntime.tasks import CeleryTaskQueue

StartWorker = Callable[..., Worker]


def test_a_task_runs_with_its_arguments(queue: CeleryTaskQueue, start_worker: StartWorker, record: Record) -> None:
    queue.connect()
    start_worker()
    ids = {
        queue.enqueue("test.greet", (str(record), "world")),
        queue.enqueue("test.greet", args=[str(record)], kwargs={"name": "moon", "mark": "!"}, queue=QUEUE),
        queue.enqueue("test.greet", (str(record), "later"), delay_seconds=1),
    }
    for line in ("hello world.", "hello moon!", "hello later."):
        record.wait_for(line)
    assert len(ids) == 3
    assert len(record.lines) == 3
    assert queue.dead_letter_count(QUEUE) == 0


def test_length_counts_what_waits(queue: CeleryTaskQueue, record: Record) -> None:
    queue.connect()
    assert queue.length(QUEUE) == 0
    queue.enqueue("test.greet", (str(record), "world"))
    until(lambda: queue.length(QUEUE) == 1, "the task to be counted")


def test_a_failed_task_is_tried_again_and_told_so(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    start_worker()
    queue.enqueue("test.flaky", (str(record), 2))
    record.wait_for("done")
    assert record.lines == [
        "attempt 1 of 3",
        "retry number 1",
        "attempt 2 of 3",
        "retry number 2",
        "attempt 3 of 3",
        "done",
    ]


def test_a_task_that_fails_every_time_becomes_a_dead_letter(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    start_worker()
    queue.enqueue("test.flaky", (str(record), 99))
    until(lambda: queue.dead_letter_count(QUEUE) == 1, "the dead letter")
    assert [line for line in record.lines if line.startswith("attempt")] == [
        f"attempt {number} of {MAX_ATTEMPTS}" for number in range(1, MAX_ATTEMPTS + 1)
    ]
    assert record.lines.count("failure ValueError") == 1
    assert queue.length(QUEUE) == 0


def test_a_rejected_message_becomes_a_dead_letter_without_waiting(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    start_worker(TASK_RETRY_DELAY_SECONDS="600")
    queue.enqueue("test.hopeless", (str(record),))
    until(lambda: queue.dead_letter_count(QUEUE) == 1, "the dead letter")
    assert "retry" not in " ".join(record.lines)


def test_a_task_that_takes_too_long_is_stopped_and_tried_again(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    start_worker()
    queue.enqueue("test.overlong", (str(record),))
    record.wait_for("attempt 2")
    assert record.lines[:2] == ["attempt 1", "retry SoftTimeLimitExceeded()"]


def test_a_task_nobody_knows_becomes_a_dead_letter(
    queue: CeleryTaskQueue, start_worker: StartWorker, record: Record
) -> None:
    start_worker()
    queue.enqueue("test.of_another_release", (str(record),), queue=QUEUE)
    queue.enqueue("test.greet", (str(record), "next"))
    record.wait_for("hello next.")
    until(lambda: queue.dead_letter_count(QUEUE) == 1, "the dead letter")


def test_tasks_without_a_known_queue_are_refused(queue: CeleryTaskQueue) -> None:
    with pytest.raises(TaskNotRegistered, match=r"task 'test\.unknown'"):
        queue.enqueue("test.unknown")
    with pytest.raises(NotFound, match="no queue 'elsewhere'"):
        queue.enqueue("test.greet", queue="elsewhere")
    with pytest.raises(NotFound, match="no queue 'elsewhere'"):
        queue.length("elsewhere")


@pytest.mark.parametrize("delay_seconds", [-1.0, 901.0])
def test_delays_no_transport_can_keep_are_refused(queue: CeleryTaskQueue, delay_seconds: float) -> None:
    with pytest.raises(RuntimeFailure, match="cannot be held back"):
        queue.enqueue("test.greet", delay_seconds=delay_seconds)


def test_arguments_must_be_what_json_can_hold(queue: CeleryTaskQueue) -> None:
    unknown: Any = object()
    with pytest.raises(Exception, match="not JSON serializable"):
        queue.enqueue("test.greet", (unknown,))
