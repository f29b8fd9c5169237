"""The table `outbox_events`, and the statements of a migration that make it.

The trigger wakes relays at commit. NOTIFY takes a lock of the whole database for the moment of the commit; a database
with thousands of writing commits a second drops the trigger, and relays then look every OUTBOX_INTERVAL_SECONDS.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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

metadata = MetaData()
outbox_events = Table(
    "outbox_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("subject", Text, comment="events of one subject are published in the order of their ids; null: in any"),
    Column("open_subject", Text, comment="the subject, until the event is completed or dead"),
    Column("payload", LargeBinary, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("is_open", Boolean, nullable=False, server_default="true", comment="neither completed nor dead"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="refusals by the target"),
    Column("available_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("claimed_by", Text, comment="the relay that is publishing it, until available_at"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Column("last_error", Text),
)
"""A row that is PROCESSING belongs to its relay until `available_at`; after that another one may take it.

`is_open` and `open_subject` say again what the status says, but a claim does not change them: so a claim touches no
index (a HOT update). They are two, so that no question about a subject can be answered by walking all that is open.
"""

CREATE_OUTBOX = (
    """
    CREATE TABLE outbox_events (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id text NOT NULL,
        event_type text NOT NULL,
        channel text NOT NULL,
        subject text,
        open_subject text,
        payload bytea NOT NULL,
        status text NOT NULL DEFAULT 'pending'
            CONSTRAINT outbox_events_status CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'dead')),
        is_open boolean NOT NULL DEFAULT true,
        attempts integer NOT NULL DEFAULT 0,
        available_at timestamptz NOT NULL DEFAULT now(),
        claimed_by text,
        created_at timestamptz NOT NULL DEFAULT now(),
        published_at timestamptz,
        last_error text,
        CONSTRAINT outbox_events_completed CHECK ((status = 'completed') = (published_at IS NOT NULL)),
        CONSTRAINT outbox_events_open CHECK (
            is_open = (status NOT IN ('completed', 'dead'))
            AND open_subject IS NOT DISTINCT FROM CASE WHEN is_open THEN subject END
        )
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)
    """,
    "CREATE INDEX outbox_events_open ON outbox_events (id) WHERE is_open",
    "CREATE INDEX outbox_events_open_subject ON outbox_events (open_subject, id) WHERE open_subject IS NOT NULL",
    "CREATE INDEX outbox_events_dead ON outbox_events (id) WHERE NOT is_open AND published_at IS NULL",
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
