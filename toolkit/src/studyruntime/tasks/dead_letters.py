"""Where messages lie that failed for good: a list in Redis, a queue with AMQP, the redrive policy's target with SQS."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from amqp.exceptions import NotFound as QueueNotFound
from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.transport import virtual

DEAD_SUFFIX = ":dead"


@runtime_checkable
class KeepsDeadLetters(Protocol):
    """A channel that knows where its dead letters are."""

    def dead_letter_count(self, queue: str) -> int:
        """How many there are."""


def dead_queue(name: str) -> str:
    """The list or queue with the dead letters of a queue (Redis and AMQP)."""
    return name + DEAD_SUFFIX


def count_dead_letters(channel: Any, queue: str) -> int:
    """How many messages of this queue failed for good."""
    if isinstance(channel, KeepsDeadLetters):
        return channel.dead_letter_count(queue)
    try:
        return int(channel.queue_declare(queue=dead_queue(queue), passive=True).message_count)
    except QueueNotFound:
        return 0


def declare_dead_letter_queues(app: Celery) -> None:
    """Make them where the broker moves messages itself (AMQP): it drops what has nowhere to go."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=3, interval_start=0.1, interval_max=1.0)
        channel = connection.default_channel
        if isinstance(channel, virtual.Channel):
            return
        for queue in app.conf.task_queues:
            dead = dead_queue(queue.name)
            Queue(dead, Exchange(""), routing_key=dead)(channel).queue_declare()
            queue(channel).queue_declare()
