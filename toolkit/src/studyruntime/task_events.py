"""Tasks that tell of themselves: started, how far they are, tried again, completed or failed."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import load_settings
from studyruntime.errors import MessageRejected, Unavailable
from studyruntime.events.building import build_publisher
from studyruntime.events.catalogue import TaskStatus, TaskStatusUpdate
from studyruntime.events.publisher import EventPublisher
from studyruntime.logs import correlated, get_logger
from studyruntime.logs.patterns import redact_text
from studyruntime.tasks import RuntimeTask

_log = get_logger(__name__)

USER_ARGUMENT = "user_id"
MAX_MESSAGE_CHARACTERS = 2000


def publisher_from_environment() -> EventPublisher:
    """A publisher for the broker that the environment names."""
    settings = load_settings()
    return build_publisher(settings, RedisStreamBroker(settings.require_broker(), settings.aws))


class TaskEvents:
    """Tells of tasks. An event that cannot be told is logged: the work matters more than the word of it.

    The publisher is made at the first event, so that each process of a worker has its own.
    """

    def __init__(self, make_publisher: Callable[[], EventPublisher] = publisher_from_environment) -> None:
        self._make_publisher = make_publisher
        self._publisher: EventPublisher | None = None
        self._lock = threading.Lock()

    def tell(
        self,
        task_id: str,
        user_id: str,
        task_type: str,
        status: TaskStatus,
        *,
        progress: int | None = None,
        message: str = "",
        attempt: int = 1,
    ) -> None:
        """Tell once: said again of the same attempt, after a worker died, it is the same event."""
        event_id = ":".join([task_id, str(attempt), status.value, *([] if progress is None else [str(progress)])])
        try:
            publisher = self._ready()
            publisher.publish(
                TaskStatusUpdate(
                    event_id=event_id,
                    source=publisher.source,
                    user_id=user_id,
                    task_id=task_id,
                    task_type=task_type,
                    status=status,
                    progress=progress,
                    message=redact_text(message)[:MAX_MESSAGE_CHARACTERS],
                )
            )
        except Unavailable as error:
            _log.warning("status of a task not told", task_id=task_id, status=status.value, problem=error.what)

    def _ready(self) -> EventPublisher:
        with self._lock:
            if self._publisher is None:
                self._publisher = self._make_publisher()
            return self._publisher


class EventDrivenTask(RuntimeTask):
    """Base of tasks that tell of themselves: `@task(..., base=EventDrivenTask)`.

    Whom a task is for is its argument `user_id`; a task without one tells nothing. Its kind is `task_type`, by default
    its name. Inside of a bound task `self.publish_progress(50, "half")` tells how far it is.
    """

    abstract = True
    task_type: str = ""
    events = TaskEvents()
    """Shared by every task of a process; a program that makes its own publisher assigns its own."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it once, under the task's id in logs and events."""
        with correlated(self.request.id):
            return super().__call__(*args, **kwargs)

    def before_start(self, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """An attempt begins."""
        words = "" if self.attempt == 1 else f"attempt {self.attempt} of {self.max_attempts}"
        self._tell(task_id, args, kwargs, TaskStatus.STARTED, message=words)

    def on_success(self, retval: Any, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """It is done."""
        del retval
        self._tell(task_id, args, kwargs, TaskStatus.COMPLETED, progress=100)

    def on_retry(
        self, exc: BaseException, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any], einfo: Any
    ) -> None:
        """An attempt failed, and another one follows."""
        del einfo
        self._tell(task_id, args, kwargs, TaskStatus.RETRYING, message=words_for(exc))

    def on_failure(
        self, exc: BaseException, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any], einfo: Any
    ) -> None:
        """The last attempt failed."""
        del einfo
        self._tell(task_id, args, kwargs, TaskStatus.FAILED, message=words_for(exc))

    def publish_progress(self, progress: int, message: str = "") -> None:
        """Tell how far the running task is, in percent."""
        request = self.request
        self._tell(request.id, request.args, request.kwargs, TaskStatus.PROCESSING, progress=progress, message=message)

    def publish_task_started(self, task_id: str, user_id: str, task_type: str) -> None:
        """Tell of work that is not this task's own: it began."""
        self.events.tell(task_id, user_id, task_type, TaskStatus.STARTED)

    def publish_task_progress(
        self, task_id: str, user_id: str, task_type: str, progress: int, message: str = ""
    ) -> None:
        """Tell of work that is not this task's own: how far it is, in percent."""
        self.events.tell(task_id, user_id, task_type, TaskStatus.PROCESSING, progress=progress, message=message)

    def publish_task_completed(self, task_id: str, user_id: str, task_type: str, message: str = "") -> None:
        """Tell of work that is not this task's own: it is done."""
        self.events.tell(task_id, user_id, task_type, TaskStatus.COMPLETED, progress=100, message=message)

    def publish_task_failed(self, task_id: str, user_id: str, task_type: str, error: str) -> None:
        """Tell of work that is not this task's own: it failed."""
        self.events.tell(task_id, user_id, task_type, TaskStatus.FAILED, message=error)

    def _tell(
        self,
        task_id: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        status: TaskStatus,
        *,
        progress: int | None = None,
        message: str = "",
    ) -> None:
        user_id = user_of(self.run, args, kwargs)
        if user_id is None:
            return
        self.events.tell(
            task_id,
            user_id,
            self.task_type or self.name,
            status,
            progress=progress,
            message=message,
            attempt=self.attempt,
        )


def user_of(run: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The argument `user_id` of a call, wherever it stands."""
    if USER_ARGUMENT in kwargs:
        return str(kwargs[USER_ARGUMENT])
    try:
        bound = inspect.signature(run).bind_partial(*args, **kwargs).arguments
    except TypeError:
        return None  # the task itself will say that its arguments are wrong
    value = bound.get(USER_ARGUMENT)
    return None if value is None else str(value)


def words_for(failure: BaseException) -> str:
    """What a user is told of a failure: what the code says of his data, and of everything else only that it was."""
    return failure.what if isinstance(failure, MessageRejected) else f"the work failed ({type(failure).__name__})"
