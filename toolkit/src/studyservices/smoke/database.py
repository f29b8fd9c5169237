"""PostgreSQL: encrypted, answering, writable, at the revision that this release needs, and its replicas near enough."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection, func, insert, select, text

from studyruntime.config import DatabaseSettings, Endpoint
from studyruntime.database import Database
from studyservices.migrations import current_revision, head_revision
from studyservices.models import Notification
from studyservices.smoke.findings import Deadline, Finding, Wrong, find, require_somebody
from studyservices.surroundings import Surroundings

PROBE = "database"
_ENCRYPTION = text("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


def ask_database(surroundings: Surroundings, deadline: Deadline) -> Iterator[Finding]:
    """One finding for the primary, one for each replica."""
    del deadline  # the driver's own limits are shorter
    settings = surroundings.settings.require_database()
    database = Database(settings, application="smoke")
    try:
        yield find(PROBE, "primary", partial(_primary, database, settings))
        for replica in settings.replicas:
            yield find(PROBE, f"replica {replica.host}", partial(_replica, database, settings, replica))
    finally:
        database.close()


def _primary(database: Database, settings: DatabaseSettings) -> str:
    require_somebody(settings.host, settings.port)
    database.health()
    with database.engine.connect() as connection:
        encryption = _encryption(connection, settings)
        revision = _revision(connection)
        _write_and_roll_back(connection)
    return f"{encryption}, at revision {revision}, took a row and gave it up again"


def _encryption(connection: Connection, settings: DatabaseSettings) -> str:
    is_encrypted, version = connection.execute(_ENCRYPTION).one()
    if not is_encrypted and settings.tls_mode.value != "disable":
        raise Wrong("the connection is not encrypted")
    return str(version) if is_encrypted else "not encrypted, as DATABASE_TLS says"


def _revision(connection: Connection) -> str:
    found, needed = current_revision(connection), head_revision()
    if found is None or (needed is not None and found < needed):
        raise Wrong(f"it is at revision {found or 'base'}, this release needs {needed}: it was not migrated")
    return found


def _write_and_roll_back(connection: Connection) -> None:
    """Write where services write, read it back, and leave nothing."""
    user_id = f"smoke-{uuid.uuid4().hex[:12]}"
    row = {"id": uuid.uuid4(), "user_id": user_id, "event_id": user_id, "kind": "smoke", "title": "", "message": ""}
    connection.rollback()  # what was only read has begun a transaction
    with connection.begin() as transaction:
        connection.execute(insert(Notification).values(**row, data={}))
        count = connection.scalar(select(func.count()).where(Notification.user_id == user_id))
        transaction.rollback()
    if count != 1:
        raise Wrong(f"a row was written and {count} were read")


def _replica(database: Database, settings: DatabaseSettings, replica: Endpoint) -> str:
    port = replica.port or settings.port
    require_somebody(replica.host, port)
    if (replica.host, port) == (settings.host, settings.port):
        return "the primary itself answers under its name, so nothing lags behind"
    lag = database.replica_lag_seconds()[f"{replica.host}:{port}"]
    if lag is None:
        raise Wrong("it does not answer, or replicates no more")
    if lag > settings.max_replica_lag_seconds:
        raise Wrong(f"it is {lag:.1f} s behind, more than {settings.max_replica_lag_seconds:g} s")
    return f"{lag:.1f} s behind"
