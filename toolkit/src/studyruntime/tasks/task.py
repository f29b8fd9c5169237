"""The class of every task: tries again after failures, in the way each transport allows."""

from __future__ import annotations

from typing import Any, NoReturn

from celery import Task
from celery.exceptions import Ignore, Reject, Retry

from studyruntime.errors import MessageRejected
from studyruntime.tasks.backoff import retry_delay_seconds
from studyruntime.traces import mark_failed

ATTEMPT_HEADER = "study_attempt"
MAX_ATTEMPTS_HEADER = "study_max_attempts"

VERDICTS = (Retry, Ignore, Reject)
"""How a task tells Celery what to do with its message."""


class RuntimeTask(Task):  # type: ignore[misc]
    """Fails for good after `max_attempts`, or at once with `MessageRejected`; then its message is a dead letter.

    `on_retry` is called before every further attempt and `on_failure` after the last one, over every transport.
    """

    abstract = True
    retries_by_redelivery = False
    """Whether the queue itself counts and delays attempts, as SQS does: a consumer there may not even send."""
    retry_delay_seconds = 2.0
    retry_max_delay_seconds = 600.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it once."""
        try:
            return super().__call__(*args, **kwargs)
        except VERDICTS:
            raise
        except Exception as failure:
            mark_failed(failure)
            if self.request.called_directly or not self.will_retry(failure):
                raise
            self._try_again(failure)

    @property
    def attempt(self) -> int:
        """1 for the first attempt. A worker that was killed counts where the transport counts (SQS)."""
        return int(self.request.get(ATTEMPT_HEADER) or self.request.retries + 1)

    @property
    def max_attempts(self) -> int:
        """How many attempts there are."""
        return int(self.request.get(MAX_ATTEMPTS_HEADER) or (self.max_retries or 0) + 1)

    def will_retry(self, failure: BaseException) -> bool:
        """Whether another attempt follows this failure."""
        return not isinstance(failure, MessageRejected) and self.attempt < self.max_attempts

    def _try_again(self, failure: Exception) -> NoReturn:
        if self.retries_by_redelivery:
            self.on_retry(failure, self.request.id, self.request.args, self.request.kwargs, None)
            raise Reject(str(failure), requeue=True) from failure
        delay_seconds = retry_delay_seconds(self.attempt, self.retry_delay_seconds, self.retry_max_delay_seconds)
        raise self.retry(exc=failure, countdown=delay_seconds, max_retries=self.max_attempts - 1)
