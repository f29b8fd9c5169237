"""The table `outbox_events`, and the statements of a migration that make it.

The trigger wakes relays at commit. NOTIFY takes a lock of the whole database for the moment of the commit; a database
with thousands of writing commits a second drops the trigger, and relays then look every OUTBOX_INTERVAL_SECONDS.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
)

NOTIFY_CHANNEL = "outbox_events"

UNFINISHED = "('pending', 'processing', 'failed')"

metadata = MetaData()
outbox_events = Table(
    "outbox_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("event_type", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("subject", Text, comment="events of one subject are published in the order of their ids; null: in any"),
    Column("payload", LargeBinary, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="refusals by the target"),
    Column("available_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("claimed_by", Text, comment="the relay that is publishing it, until available_at"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Column("last_error", Text),
)
"""A row that is PROCESSING belongs to its relay until `available_at`; after that another one may take it."""

CREATE_OUTBOX = (
    """
    CREATE TABLE outbox_events (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id text NOT NULL UNIQUE,
        event_type text NOT NULL,
        channel text NOT NULL,
        subject text,
        payload bytea NOT NULL,
        status text NOT NULL DEFAULT 'pending'
            CONSTRAINT outbox_events_status CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'dead')),
        attempts integer NOT NULL DEFAULT 0,
        available_at timestamptz NOT NULL DEFAULT now(),
        claimed_by text,
        created_at timestamptz NOT NULL DEFAULT now(),
        published_at timestamptz,
        last_error text
    )
    """,
    f"CREATE INDEX outbox_events_unfinished ON outbox_events (id) WHERE status IN {UNFINISHED}",
    f"CREATE INDEX outbox_events_of_subject ON outbox_events (subject, id) WHERE status IN {UNFINISHED}",
    "CREATE INDEX outbox_events_dead ON outbox_events (id) WHERE status = 'dead'",
    f"""
    CREATE FUNCTION notify_outbox_events() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('{NOTIFY_CHANNEL}', ''); RETURN NULL; END $$
    """,
    """
    CREATE TRIGGER notify_outbox_events AFTER INSERT ON outbox_events
    FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox_events()
    """,
)
"""The first shape of the table, for the migration that brings it. Never edited: a change is a migration of its own."""

DROP_OUTBOX = ("DROP TABLE outbox_events", "DROP FUNCTION notify_outbox_events()")


def create_outbox(connection: Connection) -> None:
    """Make the table where no migration does, as in a test."""
    for statement in CREATE_OUTBOX:
        connection.exec_driver_sql(statement)
