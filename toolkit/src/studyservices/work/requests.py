"""Work is asked for by an event, written with the change that makes it necessary: neither is lost without the other.

The event is `task.status.update` with status `queued`. It goes the way of all events, through the outbox; where the
relay passes it on, a task is put into its queue as well (see outbox_relay). So nobody but the relay enqueues tasks.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from studyruntime.events.catalogue import TaskStatus, TaskStatusUpdate
from studyruntime.events.event import Event
from studyservices.lifecycle import Step


@dataclass(frozen=True)
class Work:
    """How a step is called in queues and events."""

    task: str
    queue: str
    task_type: str


WORK = {
    Step.PROCESS: Work("studyservices.process_document", "document_queue", "document_processing"),
    Step.INDEX: Work("studyservices.index_document", "indexing_queue", "document_indexing"),
    Step.QUIZ: Work("studyservices.generate_quiz", "quiz_queue", "quiz_generation"),
    Step.REMOVE: Work("studyservices.remove_document", "document_queue", "document_removal"),
}
_STEPS = {work.task_type: step for step, work in WORK.items()}


@dataclass(frozen=True)
class WorkRequest:
    """A step to be done for a document, or for a quiz."""

    step: Step
    subject_id: uuid.UUID
    user_id: str

    @property
    def work(self) -> Work:
        """How the step is called."""
        return WORK[self.step]

    @property
    def task_id(self) -> str:
        """The same for every attempt, so that whoever watches sees one task and not many."""
        return f"{self.step.value}:{self.subject_id}"

    def to_event(self) -> TaskStatusUpdate:
        """The event that asks for it."""
        return TaskStatusUpdate(
            user_id=self.user_id, task_id=self.task_id, task_type=self.work.task_type, status=TaskStatus.QUEUED
        )

    @classmethod
    def from_event(cls, event: Event) -> WorkRequest | None:
        """What an event asks for; nothing for all but a few."""
        if not isinstance(event, TaskStatusUpdate) or event.status is not TaskStatus.QUEUED:
            return None
        step = _STEPS.get(event.task_type)
        if step is None:
            return None
        return cls(step, uuid.UUID(event.task_id.removeprefix(f"{step.value}:")), event.user_id)
