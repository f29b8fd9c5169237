"""What a process uses, made at the first use from its environment, kept, and closed together.

A child that was forked makes its own: a connection that two processes share mixes up their answers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar, cast

from studyruntime.config import Environment, Settings, load_settings

if TYPE_CHECKING:
    from studyruntime.broker import MessageBroker
    from studyruntime.secrets import SecretsManager
    from studyruntime.storage import ObjectStorage
    from studyruntime.tasks import CeleryTaskQueue

T = TypeVar("T")


class _Process:
    """What one process has made so far."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.made: dict[str, Any] = {}

    def get(self, name: str, make: Callable[[], T]) -> T:
        with self.lock:
            if name not in self.made:
                self.made[name] = make()
            return cast("T", self.made[name])


_process = _Process()
_inherited: list[_Process] = []
"""What a parent made: never used and never finalised here, because that would speak on the parent's connections."""


def get_settings() -> Settings:
    """The settings of this process."""
    return _process.get("settings", load_settings)


def is_local_environment() -> bool:
    """Whether this is a developer's machine."""
    return get_settings().environment is Environment.LOCAL


def get_message_broker() -> MessageBroker:
    """The broker: Redis or ElastiCache."""

    def make() -> MessageBroker:
        from studyruntime.broker import RedisStreamBroker  # noqa: PLC0415 - each role pays only for what it uses

        return RedisStreamBroker(get_settings().require_broker(), get_settings().aws)

    return _process.get("broker", make)


def get_task_queue() -> CeleryTaskQueue:
    """The task queue: Celery over Redis, AMQP or SQS."""

    def make() -> CeleryTaskQueue:
        from studyruntime.tasks import CeleryTaskQueue  # noqa: PLC0415 - as above

        return CeleryTaskQueue(get_settings())

    return _process.get("tasks", make)


def get_storage() -> ObjectStorage:
    """Object storage: MinIO or S3."""

    def make() -> ObjectStorage:
        from studyruntime.storage import S3ObjectStorage  # noqa: PLC0415 - as above

        return S3ObjectStorage(get_settings())

    return _process.get("storage", make)


def get_secrets() -> SecretsManager:
    """The secrets."""

    def make() -> SecretsManager:
        from studyruntime.secrets import SecretsManager  # noqa: PLC0415 - as above

        return SecretsManager(get_settings())

    return _process.get("secrets", make)


def close_all() -> None:
    """Close what was made, the newest first; what is asked for next is made anew, from the environment of then.

    Everything is closed, also when closing something fails; the first failure is raised at the end.
    """
    with _process.lock:
        made, _process.made = _process.made, {}
    with ExitStack() as closing:
        for thing in made.values():
            close = getattr(thing, "close", None)
            if close is not None:
                closing.callback(close)


def _begin_anew() -> None:
    global _process  # noqa: PLW0603 - a child has a process of its own
    _inherited.append(_process)
    _process = _Process()


os.register_at_fork(after_in_child=_begin_anew)
