"""What a role is built from, put together once a process and only where it is asked for."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

from studyruntime.broker import MessageBroker, RedisStreamBroker
from studyruntime.cache import CacheManager
from studyruntime.database import Database
from studyruntime.events.building import build_codec
from studyruntime.events.codec import EventCodec
from studyruntime.metrics import Metrics
from studyruntime.outbox import Outbox
from studyruntime.storage import ObjectStorage, S3ObjectStorage
from studyruntime.tasks import CeleryTaskQueue
from studyservices.api.details import DocumentDetails, forget_changed
from studyservices.api.forgetful import ForgetfulLibrary
from studyservices.api.library import Library
from studyservices.embedding_model import choose_embedding
from studyservices.models import Document, Quiz
from studyservices.passages import PassageIndex, connect_qdrant
from studyservices.quiz.model import choose_generator
from studyservices.removal import Removal
from studyservices.surroundings import Surroundings
from studyservices.tokens import TokenSigner
from studyservices.work.documents import DocumentWork
from studyservices.work.indexing import IndexingWork
from studyservices.work.journal import Journal
from studyservices.work.quizzes import QuizWork


class Assembly:
    """The parts of a process. Each is made when it is first asked for, and closed at the end, the last one first.

    Raises ConfigurationError where the environment does not describe a part that is asked for.
    """

    def __init__(self, surroundings: Surroundings, metrics: Metrics | None = None) -> None:
        self.surroundings = surroundings
        self._settings = surroundings.settings
        self._options = surroundings.options
        self._metrics = metrics
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @cached_property
    def database(self) -> Database:
        """PostgreSQL."""
        database = Database(self._settings.require_database(), application=self._settings.service.name)
        database.hear_changes(self._forget)
        self._closing.callback(database.close)
        return database

    @cached_property
    def cache(self) -> CacheManager:
        """What was read before."""
        cache = CacheManager(self._settings.require_broker(), self._settings.aws, metrics=self._metrics)
        self._closing.callback(cache.close)
        return cache

    @cached_property
    def broker(self) -> MessageBroker:
        """The event stream."""
        broker = RedisStreamBroker(self._settings.require_broker(), self._settings.aws)
        self._closing.callback(broker.close)
        return broker

    @cached_property
    def storage(self) -> ObjectStorage:
        """Uploads and texts."""
        storage = S3ObjectStorage(self._settings)
        self._closing.callback(storage.close)
        return storage

    @cached_property
    def tasks(self) -> CeleryTaskQueue:
        """The queues."""
        tasks = CeleryTaskQueue(self._settings)
        self._closing.callback(tasks.close)
        return tasks

    @cached_property
    def passages(self) -> PassageIndex:
        """The vectors."""
        client = connect_qdrant(self._settings.require_qdrant(), self._settings.aws)
        self._closing.callback(client.close)
        return PassageIndex(client, choose_embedding(self._options))

    @cached_property
    def codec(self) -> EventCodec:
        """How events are written."""
        return build_codec(self._settings)

    @cached_property
    def journal(self) -> Journal:
        """Where events and requests for work are written."""
        return Journal(Outbox(self.codec))

    @cached_property
    def signer(self) -> TokenSigner:
        """Signs and checks tokens."""
        return TokenSigner(self._settings.require_session_signing_key().get_secret_value())

    @cached_property
    def library(self) -> Library:
        """Documents and quizzes; one that forgets where the fault `wrong` is asked for."""
        kind = ForgetfulLibrary if self.surroundings.fault.is_wrong else Library
        return kind(self.database, self.journal)

    @cached_property
    def details(self) -> DocumentDetails:
        """Documents as they are looked at."""
        return DocumentDetails(self.library, self.cache)

    @cached_property
    def removal(self) -> Removal:
        """Removes documents."""
        return Removal(self.library, self.storage, self.passages)

    @cached_property
    def document_work(self) -> DocumentWork:
        """The document worker's work."""
        return DocumentWork(self.database, self.storage, self.journal, max_attempts=self._options.max_attempts)

    @cached_property
    def indexing_work(self) -> IndexingWork:
        """The indexing worker's work."""
        return IndexingWork(
            self.database, self.storage, self.passages, self.journal, max_attempts=self._options.max_attempts
        )

    @cached_property
    def quiz_work(self) -> QuizWork:
        """The quiz worker's work."""
        generator = choose_generator(self._options)
        return QuizWork(
            self.database,
            self.storage,
            self.passages,
            generator,
            self.journal,
            max_attempts=self._options.max_attempts,
        )

    def _forget(self, changed: frozenset[object]) -> None:
        """Only who changes documents needs the cache for it."""
        if any(isinstance(each, Document | Quiz) for each in changed):
            forget_changed(self.cache, changed)
