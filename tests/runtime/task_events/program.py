"""A worker whose tasks tell of themselves."""

from __future__ import annotations

import sys

from studyruntime.config import load_settings
from studyruntime.errors import MessageRejected
from studyruntime.task_events import EventDrivenTask
from studyruntime.tasks import TaskCatalogue, build_celery, run_worker, task

QUEUE = "document_queue"
TASKS = TaskCatalogue()


@task("events.process", queue=QUEUE, bind=True, base=EventDrivenTask, catalogue=TASKS, task_type="document_processing")
def process(self: EventDrivenTask, document_id: str, user_id: str) -> str:
    self.publish_progress(50, f"half of {document_id} for ada@example.com")
    return document_id


@task("events.flaky", queue=QUEUE, bind=True, base=EventDrivenTask, catalogue=TASKS)
def flaky(self: EventDrivenTask, *, user_id: str) -> None:
    if self.attempt == 1:
        raise KeyError("a secret of the inside")


@task("events.hopeless", queue=QUEUE, base=EventDrivenTask, catalogue=TASKS)
def hopeless(user_id: str) -> None:
    raise MessageRejected("this is no document")


@task("events.anonymous", queue=QUEUE, base=EventDrivenTask, catalogue=TASKS)
def anonymous(words: str) -> None:
    """Is for nobody."""


if __name__ == "__main__":
    sys.exit(run_worker(build_celery(load_settings(), TASKS), [QUEUE]))
