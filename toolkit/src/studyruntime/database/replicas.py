"""Which replicas may be read from: those that answer, still replicate, and are not too far behind."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from studyruntime.config import Endpoint
from studyruntime.database.connecting import Connection, Connector
from studyruntime.database.lag import PrimaryHistory
from studyruntime.logs import get_logger

_log = get_logger(__name__)

POSITION_OF_PRIMARY = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
STATE_OF_REPLICA = """
SELECT pg_is_in_recovery(),
       coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint, 0),
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float
"""


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """What the last look at a replica showed."""

    endpoint: Endpoint
    lag_seconds: float | None
    """None where it does not answer or replicates no more."""
    problem: str = ""
    is_eligible: bool = False


class Probe:
    """A connection of its own for looking at one server, so that a full pool cannot hide what a server does."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._connection: Connection | None = None

    def ask(self, query: str) -> tuple[object, ...]:
        """The one row of the answer. After an error the next question makes a new connection.

        Raises:
            psycopg.Error: it does not answer.
        """
        if self._connection is None or self._connection.closed:
            self._connection = self._connector.connect(autocommit=True)
        try:
            row = self._connection.execute(query).fetchone()
        except psycopg.Error:
            self.close()
            raise
        return row or ()

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def forget(self) -> None:
        """In a forked child: the connection is the parent's and is not closed here (psycopg minds who opened it)."""
        self._connection = None


@dataclass(slots=True)
class Replica:
    """A replica: its pool for reads, a probe, and what is known about it."""

    endpoint: Endpoint
    engine: Engine
    probe: Probe
    state: ReplicaState


class Replicas:
    """Watches the replicas in a thread of its own, from the first read on, and hands out connections for reads."""

    def __init__(
        self,
        replicas: Sequence[Replica],
        primary: Probe,
        *,
        max_lag_seconds: float,
        interval_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replicas = tuple(replicas)
        self._primary = primary
        self._max_lag_seconds = max_lag_seconds
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._history = PrimaryHistory()
        self._turn = itertools.count()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def states(self) -> tuple[ReplicaState, ...]:
        """What the last look showed."""
        return tuple(replica.state for replica in self._replicas)

    def connect(self) -> SqlConnection | None:
        """A connection to an eligible replica, in turn; None when none is eligible: read from the primary."""
        if not self._replicas:
            return None
        self._watch()
        start = next(self._turn)
        for offset in range(len(self._replicas)):
            replica = self._replicas[(start + offset) % len(self._replicas)]
            if not replica.state.is_eligible:
                continue
            try:
                return replica.engine.connect()
            except (DBAPIError, PoolExhausted) as error:
                self._conclude(replica, ReplicaState(replica.endpoint, None, f"no connection: {_first_line(error)}"))
        return None

    def check(self) -> tuple[ReplicaState, ...]:
        """Look at every server now."""
        with self._lock:
            try:
                (position,) = self._primary.ask(POSITION_OF_PRIMARY)
                self._history.record(self._clock(), int(str(position)))
            except psycopg.Error as error:
                # Replicas go on serving reads by what was known of the primary last.
                _log.warning("primary does not answer its probe", problem=_first_line(error))
            for replica in self._replicas:
                self._conclude(replica, self._look_at(replica))
        return self.states

    def close(self) -> None:
        """Stop watching and let go of every connection."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._lock:
            self._primary.close()
            for replica in self._replicas:
                replica.probe.close()
                replica.engine.dispose()

    def forget_connections(self) -> None:
        """In a forked child: the watching thread stayed with the parent, and so do its connections."""
        self._watcher = None
        self._lock = threading.Lock()
        self._primary.forget()
        for replica in self._replicas:
            replica.probe.forget()
            replica.engine.dispose(close=False)

    def _watch(self) -> None:
        if self._watcher is not None:
            return
        with self._lock:
            if self._watcher is not None:
                return
            self._watcher = threading.Thread(target=self._run, name="replica-watch", daemon=True)
        self.check()
        self._watcher.start()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_seconds):
            self.check()

    def _look_at(self, replica: Replica) -> ReplicaState:
        try:
            is_replica, replayed, age = replica.probe.ask(STATE_OF_REPLICA)
        except psycopg.Error as error:
            return ReplicaState(replica.endpoint, None, f"no answer: {_first_line(error)}")
        if not is_replica:
            return ReplicaState(replica.endpoint, None, "is no replica any more")
        known_age = None if age is None else float(str(age))
        lag = self._history.lag_seconds(self._clock(), int(str(replayed)), known_age)
        if lag > self._max_lag_seconds:
            return ReplicaState(replica.endpoint, lag, f"{lag:.1f} s behind, more than {self._max_lag_seconds:g} s")
        return ReplicaState(replica.endpoint, lag, is_eligible=True)

    def _conclude(self, replica: Replica, state: ReplicaState) -> None:
        before, replica.state = replica.state, state
        if before.is_eligible != state.is_eligible:
            name = f"{state.endpoint.host}:{state.endpoint.port}"
            verdict = "replica serves reads" if state.is_eligible else "replica left out"
            _log.warning(verdict, replica=name, problem=state.problem)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
