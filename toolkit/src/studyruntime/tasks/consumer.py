"""Celery's consumer, except that a message nobody can read becomes a dead letter instead of vanishing."""

from __future__ import annotations

from typing import Any

from celery.utils.log import get_logger
from celery.worker.consumer import Consumer

logger = get_logger(__name__)


class DeadLetterConsumer(Consumer):  # type: ignore[misc]
    """Celery acknowledges, and so forgets, what it cannot decode."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject it: each transport keeps what is rejected."""
        logger.critical("a message in %s cannot be decoded: %r", message.delivery_info.get("routing_key"), exc)
        message.reject_log_error(logger, self.connection_errors)
