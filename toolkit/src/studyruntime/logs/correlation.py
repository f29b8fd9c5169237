"""The correlation id: one name for everything that follows from one request, across services."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current_correlation_id() -> str | None:
    """The id of the work this thread or task is doing, if it has one."""
    return _current.get()


def new_correlation_id() -> str:
    """An id that nothing else has."""
    return uuid.uuid4().hex


def accept_correlation_id(offered: str | None) -> str:
    """An id from outside if it is harmless in logs and headers, else a new one."""
    return offered if offered is not None and _ACCEPTABLE.fullmatch(offered) else new_correlation_id()


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Everything inside belongs to this id; None leaves the id as it is."""
    if correlation_id is None:
        yield
        return
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)
