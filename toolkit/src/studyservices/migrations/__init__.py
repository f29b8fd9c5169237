"""The database's shape, step by step, and what each step means for the release that runs beside it."""

from studyservices.migrations.migrate import current_revision, head_revision, migrate, pending_revisions, revisions
from studyservices.migrations.revisions import Kind, Revision

__all__ = ["Kind", "Revision", "current_revision", "head_revision", "migrate", "pending_revisions", "revisions"]
