"""Which objects a transaction changed, for whoever keeps copies of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

Hearer = Callable[[frozenset[object]], None]
"""Told of the objects that a committed transaction made, changed or deleted. It must not fail: the commit is done."""


class Changes:
    """Gathers what the flushes of a session write. Statements without objects are not seen."""

    def __init__(self, session: Session) -> None:
        self._objects: set[object] = set()
        event.listen(session, "after_flush", self._gather)

    @property
    def objects(self) -> frozenset[object]:
        """Everything so far."""
        return frozenset(self._objects)

    def _gather(self, session: Session, _: Any) -> None:
        self._objects.update((*session.new, *session.dirty, *session.deleted))
