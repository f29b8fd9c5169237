"""Puts tasks into queues, whatever carries them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import amqp
from botocore.exceptions import BotoCoreError, ClientError
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.transport import virtual

from studyruntime.config import Settings, TaskQueueKind
from studyruntime.errors import NotFound, RuntimeFailure, TaskNotRegistered, Unavailable
from studyruntime.tasks.application import build_celery
from studyruntime.tasks.catalogue import DECLARED, TaskCatalogue
from studyruntime.tasks.dead_letters import count_dead_letters, declare_dead_letter_queues
from studyruntime.tasks.producers import Producers
from studyruntime.tasks.protocol import MAX_DELAY_SECONDS
from studyruntime.traces import sending

T = TypeVar("T")

NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "AWS.SimpleQueueService.AccessDenied"}
CONNECT_ATTEMPTS = 3
NO_ROUTE = 312
"""AMQP 0-9-1, 'Reply codes': no queue takes the message."""


class CeleryTaskQueue:
    """See `TaskQueue`. `celery` is the application underneath. Safe for threads."""

    def __init__(self, settings: Settings, catalogue: TaskCatalogue = DECLARED) -> None:
        self._settings = settings.require_tasks()
        self._catalogue = catalogue
        self.celery: Celery = build_celery(settings, catalogue)
        self._producers = Producers(self.celery)

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues there are."""
        return tuple(queue.name for queue in self.celery.conf.task_queues)

    def connect(self) -> None:
        """See `TaskQueue.connect`. With SQS one queue that may be asked is enough: roles differ in what they may."""
        with self._translated():
            declare_dead_letter_queues(self.celery)
        refusal: Unavailable | None = None
        for queue in self.queues:
            try:
                self.length(queue)
            except Unavailable as error:
                if _code(error.__cause__) not in NOT_ALLOWED:
                    raise
                refusal = error
            else:
                return
        if refusal is not None:
            raise refusal

    def enqueue(
        self,
        name: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        delay_seconds: float = 0.0,
    ) -> str:
        """See `TaskQueue.enqueue`."""
        if not 0.0 <= delay_seconds <= MAX_DELAY_SECONDS:
            raise RuntimeFailure(
                f"a task cannot be held back for {delay_seconds:g} s",
                hint=f"From 0 to {MAX_DELAY_SECONDS:g} s; what is later belongs to the scheduler.",
            )
        chosen = self._queue_of(name, queue)
        options: dict[str, Any] = {"queue": chosen, "task_id": str(uuid.uuid4()), **self._confirmation}
        if delay_seconds > 0.0:
            is_sqs = self._settings.kind is TaskQueueKind.SQS
            options |= {"delay_seconds": round(delay_seconds)} if is_sqs else {"countdown": delay_seconds}

        def send() -> None:
            with self._producers.acquire() as producer:
                self.celery.send_task(name, tuple(args), dict(kwargs or {}), producer=producer, **options)

        with self._translated(), sending(name) as headers:
            options["headers"] = headers
            try:
                send()
            except amqp.ChannelError as error:
                if error.reply_code != NO_ROUTE:
                    raise
                self._producers.close()  # they believe that the queue exists; new ones declare it
                send()
        return str(options["task_id"])

    @property
    def _confirmation(self) -> dict[str, Any]:
        """AMQP alone accepts, and drops, a message for a queue that is gone, unless it is told that it must not."""
        return {"mandatory": True} if self.celery.conf.broker_url.startswith("amqp") else {}

    def length(self, queue: str) -> int:
        """See `TaskQueue.length`."""
        self._check(queue)

        def measure(channel: Any) -> int:
            if isinstance(channel, virtual.Channel):
                return int(channel._size(queue))
            return int(self._declared(queue)(channel).queue_declare().message_count)

        return self._on_channel(measure)

    def dead_letter_count(self, queue: str) -> int:
        """See `TaskQueue.dead_letter_count`."""
        self._check(queue)
        return self._on_channel(lambda channel: count_dead_letters(channel, queue))

    def close(self) -> None:
        """See `TaskQueue.close`."""
        self._producers.close()
        self.celery.close()

    def _queue_of(self, name: str, queue: str | None) -> str:
        definition = self._catalogue.get(name)
        chosen = queue or (definition.queue if definition else None)
        if chosen is None:
            raise TaskNotRegistered(
                f"nothing says which queue takes the task {name!r}",
                hint="Import the module that declares it, or name the queue.",
            )
        self._check(chosen)
        return chosen

    def _check(self, queue: str) -> None:
        if queue not in self.queues:
            variable = f"{queue.upper()}_URL"
            raise NotFound(
                f"there is no queue {queue!r}", hint=f"Queues: {', '.join(self.queues)}. SQS: set {variable}."
            )

    def _declared(self, name: str) -> Any:
        return next(queue for queue in self.celery.conf.task_queues if queue.name == name)

    def _on_channel(self, use: Callable[[Any], T]) -> T:
        with self._translated(), self.celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=CONNECT_ATTEMPTS, interval_start=0.1, interval_max=1.0)
            return use(connection.default_channel)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, BotoCoreError, ClientError, amqp.AMQPError, OSError) as error:
            raise Unavailable(f"task queue ({self._settings.kind.value})", str(error)) from error


def _code(error: BaseException | None) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
