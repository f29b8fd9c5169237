"""Celery's consumer, except that a message nobody can read becomes a dead letter instead of vanishing or doing harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery.utils.log import get_logger
from celery.worker.consumer import Consumer

from studyruntime.errors import MessageRejected

logger = get_logger(__name__)

PARTS_OF_A_BODY = 3


class DeadLetterConsumer(Consumer):  # type: ignore[misc]
    """Celery acknowledges, and so forgets, what it cannot decode; and of some messages its worker would die."""

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """What is called with every message: Celery's own handler, behind a check."""
        handle = super().create_task_handler(*args, **kwargs)

        def on_task_received(message: Any) -> None:
            try:
                check_task_message(message)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is wrong with the message
                self.on_decode_error(message, error)
            else:
                handle(message)

        return on_task_received

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject it: each transport keeps what is rejected."""
        queue = (message.delivery_info or {}).get("routing_key")
        logger.critical("a message in %s is no task and goes to the dead letters: %r", queue, exc)
        message.reject_log_error(logger, self.connection_errors)


def check_task_message(message: Any) -> None:
    """Raise unless this is a task as Celery writes it, of protocol 2. What is decoded here is decoded once."""
    headers = message.headers or {}
    for name in ("task", "id"):
        if not isinstance(headers.get(name), str):
            raise MessageRejected(f"the header {name!r} is missing")
    body = message.decode()
    if not isinstance(body, list | tuple) or len(body) != PARTS_OF_A_BODY:
        raise MessageRejected("the body is not [args, kwargs, options]")
    positional, named, options = body
    if not (isinstance(positional, list | tuple) and isinstance(named, dict) and isinstance(options, dict)):
        raise MessageRejected("the body is not [args, kwargs, options]")
