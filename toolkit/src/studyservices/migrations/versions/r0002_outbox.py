"""The outbox, where events wait for the relay."""

from __future__ import annotations

from alembic import op

from studyruntime.outbox.schema import CREATE_OUTBOX, DROP_OUTBOX

revision = "0002"
down_revision = "0001"
KIND = "expand"


def upgrade() -> None:
    """Make the table in its first shape."""
    for statement in CREATE_OUTBOX:
        op.execute(statement)


def downgrade() -> None:
    """Remove it, with events that nobody has published."""
    for statement in DROP_OUTBOX:
        op.execute(statement)
