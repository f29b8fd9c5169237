"""The database as services use it: sessions that read from replicas and write to the primary, health, and failover."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import stamina
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from studyruntime.config import DatabaseSettings, Endpoint
from studyruntime.database.changes import Changes, Hearer
from studyruntime.database.connecting import Connection, Connector, RotatingPassword, password_of
from studyruntime.database.replicas import Probe, Replica, Replicas, ReplicaState
from studyruntime.database.routing import RoutingSession
from studyruntime.errors import Unavailable

T = TypeVar("T")

RECYCLE_SECONDS = 1800
"""Older connections are replaced, so that load spreads over servers that came later."""
READ_ONLY = "postgresql_readonly"
READ_ONLY_SERVER = "25006"
REPEATABLE = frozenset({"40001", "40P01"})
"""SQLSTATEs of transactions that PostgreSQL rolled back because of others: serialization failure and deadlock."""


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """What a health check tells."""

    latency_seconds: float
    connections_in_use: int
    connections_max: int
    replicas: tuple[ReplicaState, ...]


class Database:
    """One PostgreSQL: a primary and its replicas. Threads may share it; each takes sessions of its own.

    `fails_over_to_replicas` lets writes go to whichever of the servers takes them, for clusters that promote a replica
    under the replica's own name. RDS keeps the primary's name through a failover and does not need it.
    """

    def __init__(
        self,
        settings: DatabaseSettings,
        *,
        password: RotatingPassword | None = None,
        application: str = "study",
        fails_over_to_replicas: bool = False,
        replica_check_seconds: float = 1.0,
    ) -> None:
        self._hearers: list[Hearer] = []
        self._settings = settings
        self._secret = password or password_of(settings)
        self._application = application
        primary = Endpoint(host=settings.host, port=settings.port)
        candidates = (primary, *settings.replicas) if fails_over_to_replicas else (primary,)
        self._connector = self._connector_to(candidates, accepts_standby=False)
        self.engine: Engine = self._engine(self._connector)
        """The primary, for migrations and for statements without a session."""
        event.listen(self.engine, "handle_error", _drop_demoted_server)
        self._replicas = Replicas(
            [self._replica(endpoint) for endpoint in settings.replicas],
            Probe(self._connector),
            max_lag_seconds=settings.max_replica_lag_seconds,
            interval_seconds=replica_check_seconds,
        )
        _forget_connections_in_children(self)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back after an error. Reads may come from a replica.

        Raises:
            Unavailable: the database cannot be reached, or the connection was lost.
        """
        routed = RoutingSession(self.engine, self._replicas, expire_on_commit=False)
        with self._translated(), routed as session, session.begin():
            yield session

    @contextmanager
    def primary_session(self) -> Iterator[Session]:
        """Like `session`, but reads come from the primary too, for what must see the newest data.

        What it changed is told to those who asked for it with `hear_changes`.
        """
        with self._translated(), Session(self.engine, expire_on_commit=False) as session:
            changes = Changes(session)
            with session.begin():
                yield session
        if changes.objects:
            for hear in self._hearers:
                hear(changes.objects)

    def hear_changes(self, hearer: Hearer) -> None:
        """Tell `hearer` what every `primary_session` from now on changed, once that is committed."""
        self._hearers.append(hearer)

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """A session that cannot write: from a replica, or the primary when no replica is fit."""
        with self._translated():
            connection = self._replicas.connect() or self.engine.connect()
            read_only = connection.execution_options(**{READ_ONLY: True})
            with read_only, Session(read_only, expire_on_commit=False) as session:
                yield session

    def run(self, work: Callable[[Session], T], *, attempts: int = 5) -> T:
        """Do one transaction, and again from its start when the connection is lost or others were in its way.

        `work` may be called several times, so its only effects must be those in the session. Should the connection be
        lost while committing, nobody knows whether the commit happened: that is not repeated but raised as Unavailable.
        """
        try:
            for attempt in stamina.retry_context(on=_Again, attempts=attempts, wait_initial=0.05, wait_max=2.0):
                with attempt:
                    return self._run_once(work)
        except _Again as error:
            raise Unavailable("database", str(error)) from error.__cause__
        raise AssertionError("a retry ends with a result or an error")

    def raw_connection(self, *, autocommit: bool = True) -> Connection:
        """A connection to the primary outside of any pool, for LISTEN and for bulk work. Close it.

        Raises:
            psycopg.OperationalError: the primary cannot be reached.
        """
        return self._connector.connect(autocommit=autocommit)

    def replica_lag_seconds(self) -> dict[str, float | None]:
        """How far each replica is behind now, by host:port; None for one that does not answer or replicate."""
        return {f"{s.endpoint.host}:{s.endpoint.port}": s.lag_seconds for s in self._replicas.check()}

    def health(self) -> DatabaseHealth:
        """Ask the primary for an answer.

        Raises:
            Unavailable: it does not answer.
        """
        started = time.perf_counter()
        with self._translated(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return DatabaseHealth(
            latency_seconds=time.perf_counter() - started,
            connections_in_use=cast("QueuePool", self.engine.pool).checkedout(),
            connections_max=self._settings.pool_max,
            replicas=self._replicas.states,
        )

    def close(self) -> None:
        """Let go of every connection."""
        self._replicas.close()
        self.engine.dispose()

    def forget_connections(self) -> None:
        """In a forked child: what is open belongs to the parent and is neither used nor closed here."""
        self.engine.dispose(close=False)
        self._replicas.forget_connections()

    def _run_once(self, work: Callable[[Session], T]) -> T:
        with self._translated(), Session(self.engine, expire_on_commit=False) as session:
            try:
                result = work(session)
                session.flush()
            except DBAPIError as error:
                has_not_begun = error.statement is None
                if has_not_begun or error.connection_invalidated or _sqlstate(error) in REPEATABLE:
                    raise _Again(str(error.orig).strip()) from error
                raise
            session.commit()
            return result

    def _connector_to(self, endpoints: Sequence[Endpoint], *, accepts_standby: bool) -> Connector:
        return Connector(
            self._settings,
            endpoints,
            self._secret,
            application=self._application,
            accepts_standby=accepts_standby,
        )

    def _engine(self, connector: Connector) -> Engine:
        return create_engine(
            "postgresql+psycopg://",
            creator=connector.connect,
            pool_size=self._settings.pool_max,
            max_overflow=0,
            pool_timeout=self._settings.connect_timeout_seconds,
            pool_pre_ping=True,
            pool_recycle=RECYCLE_SECONDS,
            pool_use_lifo=True,
        )

    def _replica(self, endpoint: Endpoint) -> Replica:
        connector = self._connector_to([endpoint], accepts_standby=True)
        return Replica(
            endpoint, self._engine(connector), Probe(connector), ReplicaState(endpoint, None, "not seen yet")
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolExhausted as error:
            raise Unavailable(
                "database",
                f"all {self._settings.pool_max} connections are in use",
                hint="Raise DATABASE_POOL_MAX, or look for transactions that stay open.",
            ) from error
        except DBAPIError as error:
            if error.connection_invalidated or isinstance(error, OperationalError):
                raise Unavailable("database", str(error.orig).strip()) from error
            raise


class _Again(Exception):
    """The transaction had no effect and may be done again."""


def _sqlstate(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def _drop_demoted_server(context: ExceptionContext) -> None:
    """A write refused because the server became a standby ends every connection of the pool: they lead to it too."""
    asked_for_read_only = context.connection is not None and context.connection.get_execution_options().get(READ_ONLY)
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY_SERVER and not asked_for_read_only:
        context.is_disconnect = True


def _forget_connections_in_children(database: Database) -> None:
    reference = weakref.ref(database)

    def forget() -> None:
        survivor = reference()
        if survivor is not None:
            survivor.forget_connections()

    os.register_at_fork(after_in_child=forget)
