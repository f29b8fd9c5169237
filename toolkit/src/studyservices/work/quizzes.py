"""The quiz worker: questions about a document, or about what it says on one topic."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from studyruntime.database import Database
from studyruntime.events.catalogue import QuizGenerated, QuizGenerationStarted
from studyruntime.storage import ObjectStorage
from studyservices.errors import NotEnoughText
from studyservices.keys import PROCESSED, text_key
from studyservices.lifecycle import QUIZ_BEGINS_FROM, QuizStatus
from studyservices.models import Quiz
from studyservices.passages import PassageIndex
from studyservices.quiz.question import Question, QuizGenerator
from studyservices.work.attempts import Outcome, attempt
from studyservices.work.journal import Journal
from studyservices.work.progress import give_up_quiz

PASSAGES_OF_TOPIC = 12
NEAR_ENOUGH = 0.5  # a passage half as near to the topic as the nearest one is about something else


@dataclass(frozen=True)
class BegunQuiz:
    """A quiz as it was when its making began."""

    id: uuid.UUID
    document_id: uuid.UUID
    user_id: str
    question_count: int
    topic: str | None
    is_last_attempt: bool


class QuizWork:
    """Makes the questions of quizzes."""

    def __init__(
        self,
        database: Database,
        storage: ObjectStorage,
        passages: PassageIndex,
        generator: QuizGenerator,
        journal: Journal,
        *,
        max_attempts: int,
    ) -> None:
        self._database = database
        self._storage = storage
        self._passages = passages
        self._generator = generator
        self._journal = journal
        self._max_attempts = max_attempts

    def generate(self, quiz_id: uuid.UUID) -> Outcome:
        """Make the questions of a quiz.

        Raises:
            Exception: it may succeed next time.
        """
        begun = self._begin(quiz_id)
        if begun is None:
            return Outcome.NOTHING_TO_DO
        return attempt(
            lambda: self._finish(begun, self._questions(begun)),
            lambda reason: self._give_up(begun, reason),
            is_last=begun.is_last_attempt,
        )

    def _begin(self, quiz_id: uuid.UUID) -> BegunQuiz | None:
        with self._locked(quiz_id) as (session, quiz):
            if quiz is None or quiz.status not in QUIZ_BEGINS_FROM:
                return None
            if quiz.status == QuizStatus.REQUESTED:
                started = QuizGenerationStarted(
                    user_id=quiz.user_id,
                    quiz_id=str(quiz.id),
                    document_id=str(quiz.document_id),
                    question_count=quiz.question_count,
                )
                self._journal.tell(session, started)
            quiz.status = QuizStatus.GENERATING
            quiz.attempts += 1
            return BegunQuiz(
                quiz.id,
                quiz.document_id,
                quiz.user_id,
                quiz.question_count,
                quiz.topic,
                quiz.attempts >= self._max_attempts,
            )

    def _questions(self, begun: BegunQuiz) -> Sequence[Question]:
        return self._generator.generate(self._source(begun), count=begun.question_count, seed=str(begun.id))

    def _source(self, begun: BegunQuiz) -> str:
        if begun.topic is None:
            return self._storage.get(PROCESSED, text_key(begun.document_id)).decode()
        found = self._passages.search(
            begun.user_id, begun.topic, limit=PASSAGES_OF_TOPIC, document_id=begun.document_id
        )
        if not found:
            raise NotEnoughText("the document says nothing on that topic", hint="Choose another one.")
        near = [passage for passage in found if passage.score >= found[0].score * NEAR_ENOUGH]
        return "\n\n".join(passage.text for passage in sorted(near, key=lambda passage: passage.ordinal))

    def _finish(self, begun: BegunQuiz, questions: Sequence[Question]) -> Outcome:
        with self._locked(begun.id) as (session, quiz):
            if quiz is None:
                return Outcome.REMOVED
            if quiz.status != QuizStatus.GENERATING:
                return Outcome.OVERTAKEN
            quiz.status = QuizStatus.READY
            quiz.questions = [question.model_dump(mode="json") for question in questions]
            quiz.failure = None
            generated = QuizGenerated(
                user_id=quiz.user_id,
                quiz_id=str(quiz.id),
                document_id=str(quiz.document_id),
                question_count=len(questions),
            )
            self._journal.tell(session, generated)
            return Outcome.DONE

    def _give_up(self, begun: BegunQuiz, reason: str) -> None:
        with self._locked(begun.id) as (session, quiz):
            if quiz is None or quiz.status != QuizStatus.GENERATING:
                return
            give_up_quiz(session, self._journal, quiz, reason)

    @contextmanager
    def _locked(self, quiz_id: uuid.UUID) -> Iterator[tuple[Session, Quiz | None]]:
        with self._database.primary_session() as session:
            quiz = session.scalar(select(Quiz).where(Quiz.id == quiz_id).with_for_update())
            if quiz is not None:
                quiz.updated_at = func.now()
            yield session, quiz
