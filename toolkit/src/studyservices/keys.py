"""Where the files of a document lie. Whoever knows a document's id knows its files, also when its row is gone."""

from __future__ import annotations

import uuid

UPLOADS = "uploads"
PROCESSED = "processed"


def upload_key(document_id: uuid.UUID) -> str:
    """The upload, in the bucket of uploads."""
    return f"documents/{document_id}/upload"


def text_key(document_id: uuid.UUID) -> str:
    """Its text, in the bucket of processed files."""
    return f"documents/{document_id}/text"
