"""What may become of a document and of a quiz; every worker and every request decides by these tables alone.

A task may be delivered twice, late, or after its document went on: the tables say then that there is nothing to do.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping


class DocumentStatus(enum.StrEnum):
    """Where a document stands."""

    UPLOADED = "uploaded"
    PROCESSING = "processing"
    PROCESSED = "processed"
    INDEXING = "indexing"
    INDEXED = "indexed"
    FAILED = "failed"


class QuizStatus(enum.StrEnum):
    """Where a quiz stands. A waiting one is for a document that is not indexed yet."""

    WAITING = "waiting"
    REQUESTED = "requested"
    GENERATING = "generating"
    READY = "ready"
    FAILED = "failed"


class Step(enum.StrEnum):
    """A piece of work that a worker does."""

    PROCESS = "process"
    INDEX = "index"
    QUIZ = "quiz"
    REMOVE = "remove"


# From where a step may begin. Its own "at work" status is among them: whoever was at it may have been killed.
BEGINS_FROM: Mapping[Step, frozenset[DocumentStatus]] = {
    Step.PROCESS: frozenset({DocumentStatus.UPLOADED, DocumentStatus.PROCESSING}),
    Step.INDEX: frozenset({DocumentStatus.PROCESSED, DocumentStatus.INDEXING}),
}
AT_WORK: Mapping[Step, DocumentStatus] = {
    Step.PROCESS: DocumentStatus.PROCESSING,
    Step.INDEX: DocumentStatus.INDEXING,
}
DONE: Mapping[Step, DocumentStatus] = {
    Step.PROCESS: DocumentStatus.PROCESSED,
    Step.INDEX: DocumentStatus.INDEXED,
}
QUIZ_BEGINS_FROM = frozenset({QuizStatus.REQUESTED, QuizStatus.GENERATING})


def next_step(status: DocumentStatus, *, wants_index: bool) -> Step | None:
    """The work that waits for a document in `status`; nothing when it is where it was meant to come to."""
    for step, begins_from in BEGINS_FROM.items():
        if status in begins_from:
            return step if step is Step.PROCESS or wants_index else None
    return None


class IndexAnswer(enum.Enum):
    """What asking for an index comes to."""

    ALREADY_INDEXED = "already indexed"
    UNDER_WAY = "under way"
    STARTED = "started"
    AFTER_PROCESSING = "after processing"
    FROM_THE_START = "from the start"


def answer_index_request(status: DocumentStatus, *, has_text: bool) -> tuple[IndexAnswer, DocumentStatus]:
    """What asking for an index of a document comes to, and the document's status from then on.

    A failed document is tried again, from the last thing that was done.
    """
    match status:
        case DocumentStatus.INDEXED:
            return IndexAnswer.ALREADY_INDEXED, status
        case DocumentStatus.INDEXING:
            return IndexAnswer.UNDER_WAY, status
        case DocumentStatus.PROCESSED:
            return IndexAnswer.STARTED, status
        case DocumentStatus.UPLOADED | DocumentStatus.PROCESSING:
            return IndexAnswer.AFTER_PROCESSING, status
        case DocumentStatus.FAILED if has_text:
            return IndexAnswer.STARTED, DocumentStatus.PROCESSED
        case DocumentStatus.FAILED:
            return IndexAnswer.FROM_THE_START, DocumentStatus.UPLOADED


def first_quiz_status(document: DocumentStatus) -> QuizStatus:
    """Where a new quiz begins: work can start only once the document is indexed."""
    return QuizStatus.REQUESTED if document is DocumentStatus.INDEXED else QuizStatus.WAITING
