"""Documents, quizzes and notifications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
KIND = "expand"

NOW = sa.func.now()


def upgrade() -> None:
    """Make the tables of a document's way from upload to quiz."""
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("wants_index", sa.Boolean, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("text_chars", sa.Integer),
        sa.Column("chunk_count", sa.Integer),
        sa.Column("embedding", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.CheckConstraint(
            "status IN ('uploaded', 'processing', 'processed', 'indexing', 'indexed', 'failed')",
            name="documents_status",
        ),
    )
    op.create_index("documents_of_user", "documents", ["user_id", "created_at", "id"])
    op.create_index("documents_age", "documents", ["created_at"])
    op.create_index(
        "documents_unfinished",
        "documents",
        ["updated_at"],
        postgresql_where=sa.text("status IN ('uploaded', 'processing', 'processed', 'indexing')"),
    )
    op.create_table(
        "quizzes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("document_id", sa.Uuid, sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("question_count", sa.Integer, nullable=False),
        sa.Column("topic", sa.Text),
        sa.Column("questions", JSONB),
        sa.Column("failure", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.CheckConstraint(
            "status IN ('waiting', 'requested', 'generating', 'ready', 'failed')", name="quizzes_status"
        ),
        sa.CheckConstraint("(status = 'ready') = (questions IS NOT NULL)", name="quizzes_ready_have_questions"),
    )
    op.create_index("quizzes_of_document", "quizzes", ["document_id", "created_at"])
    op.create_index(
        "quizzes_unfinished",
        "quizzes",
        ["updated_at"],
        postgresql_where=sa.text("status IN ('requested', 'generating')"),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("read_at", sa.DateTime(timezone=True)),
    )
    op.create_index("notifications_of_user", "notifications", ["user_id", "sequence"])
    op.create_index("notifications_age", "notifications", ["created_at"])


def downgrade() -> None:
    """Remove them with everything in them."""
    op.drop_table("notifications")
    op.drop_table("quizzes")
    op.drop_table("documents")
