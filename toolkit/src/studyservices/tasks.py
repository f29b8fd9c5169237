"""The tasks as queues know them. Names and arguments are a contract with messages that wait: they only ever grow."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import ParamSpec

from studyruntime.events.building import build_publisher
from studyruntime.logs import correlated, get_logger
from studyruntime.task_events import EventDrivenTask, TaskEvents
from studyruntime.tasks import TaskDefinition, task
from studyservices.assembly import Assembly
from studyservices.lifecycle import Step
from studyservices.surroundings import Surroundings
from studyservices.work.attempts import Outcome
from studyservices.work.requests import WORK

P = ParamSpec("P")
_log = get_logger(__name__)


class Workshop:
    """What the tasks of a worker work with. A child that Celery forks makes its own: connections are not shared."""

    def __init__(self) -> None:
        self._surroundings: Surroundings | None = None
        self._assembly: tuple[int, Assembly] | None = None

    def open(self, surroundings: Surroundings) -> None:
        """Say what the tasks of this process and its children are told, and where they tell how they are."""
        self._surroundings = surroundings
        EventDrivenTask.events = TaskEvents(lambda: build_publisher(surroundings.settings, self.assembly.broker))

    @property
    def surroundings(self) -> Surroundings:
        """What the tasks are told."""
        if self._surroundings is None:
            raise RuntimeError("no worker runs in this process")
        return self._surroundings

    @property
    def assembly(self) -> Assembly:
        """The parts of this very process."""
        if self._assembly is None or self._assembly[0] != os.getpid():
            self._assembly = (os.getpid(), Assembly(self.surroundings))
        return self._assembly[1]


workshop = Workshop()


def _task(step: Step) -> Callable[[Callable[P, str]], TaskDefinition[P, str]]:
    work = WORK[step]
    return task(work.task, queue=work.queue, base=EventDrivenTask, task_type=work.task_type)


@_task(Step.PROCESS)
def process_document(document_id: str, *, user_id: str, correlation_id: str | None = None) -> str:
    """Extract the text of a document."""
    with correlated(correlation_id):
        return _work(Step.PROCESS, document_id, user_id, lambda: workshop.assembly.document_work.process)


@_task(Step.REMOVE)
def remove_document(document_id: str, *, user_id: str, correlation_id: str | None = None) -> str:
    """Delete the text of a removed document."""
    with correlated(correlation_id):
        return _work(Step.REMOVE, document_id, user_id, lambda: workshop.assembly.document_work.remove)


@_task(Step.INDEX)
def index_document(document_id: str, *, user_id: str, correlation_id: str | None = None) -> str:
    """Make the passages of a document."""
    with correlated(correlation_id):
        return _work(Step.INDEX, document_id, user_id, lambda: workshop.assembly.indexing_work.index)


@_task(Step.QUIZ)
def generate_quiz(quiz_id: str, *, user_id: str, correlation_id: str | None = None) -> str:
    """Make the questions of a quiz."""
    with correlated(correlation_id):
        return _work(Step.QUIZ, quiz_id, user_id, lambda: workshop.assembly.quiz_work.generate)


def _work(step: Step, subject_id: str, user_id: str, choose: Callable[[], Callable[[uuid.UUID], Outcome]]) -> str:
    fault = workshop.surroundings.fault
    if fault.delay_seconds:
        _log.warning("held up on purpose", step=step.value, subject_id=subject_id, seconds=fault.delay_seconds)
        time.sleep(fault.delay_seconds)
    if fault.is_wrong:
        _log.warning("not done on purpose", step=step.value, subject_id=subject_id)
        return Outcome.NOTHING_TO_DO.value
    outcome = choose()(uuid.UUID(subject_id))
    _log.info("worked", step=step.value, subject_id=subject_id, user_id=user_id, outcome=outcome.value)
    return outcome.value
