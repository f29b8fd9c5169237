"""Which tasks a program knows. A task is declared where it is written, and belongs to one queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class TaskDefinition(Generic[P, R]):
    """A function that workers run. Calling it runs it here and now."""

    name: str
    queue: str
    function: Callable[P, R]
    is_bound: bool = False
    base: type | None = None
    max_retries: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it in this process, as any function."""
        return self.function(*args, **kwargs)


class TaskCatalogue:
    """Tasks by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, TaskDefinition[..., Any]] = {}

    def add(self, definition: TaskDefinition[..., Any]) -> None:
        """Declare a task. A reloaded module may declare its own again; nobody may take the name of another."""
        known = self._by_name.get(definition.name)
        if known is not None and _origin(known) != _origin(definition):
            raise ValueError(f"task {definition.name!r} is declared twice: {_origin(known)} and {_origin(definition)}")
        self._by_name[definition.name] = definition

    def get(self, name: str) -> TaskDefinition[..., Any] | None:
        """The task of this name, if it was declared."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[TaskDefinition[..., Any]]:
        return iter(tuple(self._by_name.values()))


DECLARED = TaskCatalogue()
"""What `@task` declares: everything in the modules that a process imported."""


def task(
    name: str,
    *,
    queue: str,
    bind: bool = False,
    base: type | None = None,
    max_retries: int | None = None,
    catalogue: TaskCatalogue = DECLARED,
    **options: Any,
) -> Callable[[Callable[P, R]], TaskDefinition[P, R]]:
    """Declare a function as a task of `queue`.

    Args:
        name: what it is enqueued by; never changed once messages with it may exist.
        queue: where it waits.
        bind: give the function the running Celery task as its first argument.
        base: the class of the Celery task; default: `RuntimeTask`.
        max_retries: attempts after the first one; default: the settings'. SQS goes by its redrive policy.
        catalogue: where to declare it.
        options: what else Celery's own decorator takes, such as `time_limit`.
    """

    def declare(function: Callable[P, R]) -> TaskDefinition[P, R]:
        definition = TaskDefinition(name, queue, function, bind, base, max_retries, dict(options))
        catalogue.add(definition)
        return definition

    return declare


def _origin(definition: TaskDefinition[..., Any]) -> str:
    return f"{definition.function.__module__}.{definition.function.__qualname__}"
