"""Which server a statement goes to: reads to a replica, until the session first writes; then all to the primary."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Connection, Engine, Table, TextClause, TextualSelect, UpdateBase
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import GenerativeSelect

from studyruntime.database.replicas import Replicas


def only_reads(statement: ClauseElement | None) -> bool:
    """Whether a statement is a plain SELECT from tables: no lock, and no INSERT, UPDATE or DELETE inside.

    Text is never trusted to be one, nor is a SELECT of functions alone: both may write.
    """
    if not isinstance(statement, GenerativeSelect) or statement._for_update_arg is not None:
        return False
    reads_table = False
    for part in visitors.iterate(statement):
        if isinstance(part, UpdateBase | TextClause | TextualSelect):
            return False
        if isinstance(part, GenerativeSelect) and part._for_update_arg is not None:
            return False
        reads_table = reads_table or isinstance(part, Table)
    return reads_table


class RoutingSession(Session):
    """A session over a primary and its replicas.

    Once it has written it reads from the primary for the rest of its life, so that it sees what it wrote.
    """

    def __init__(self, primary: Engine, replicas: Replicas, **options: Any) -> None:
        super().__init__(primary, **options)
        self._primary = primary
        self._replicas = replicas
        self._replica_connection: Connection | None = None
        self._reads_from_primary = False

    def get_bind(
        self, mapper: Any = None, *, clause: ClauseElement | None = None, **options: Any
    ) -> Engine | Connection:
        """The primary, or the replica this session reads from."""
        del mapper, options
        if self._reads_from_primary:
            return self._primary
        if self._flushing or not only_reads(clause):
            self._reads_from_primary = True
            return self._primary
        if self._replica_connection is None:
            self._replica_connection = self._replicas.connect()
            self._reads_from_primary = self._replica_connection is None
        return self._replica_connection or self._primary

    def close(self) -> None:
        """End the session and give back every connection."""
        super().close()
        if self._replica_connection is not None:
            self._replica_connection.close()
            self._replica_connection = None
