"""The fault `wrong`: a library that promises and forgets. Health is good; only who comes back for a document knows."""

from __future__ import annotations

from datetime import UTC, datetime

from studyservices.api.library import Library, NewDocument
from studyservices.api.views import DocumentView
from studyservices.lifecycle import DocumentStatus


class ForgetfulLibrary(Library):
    """Takes every upload and enters none."""

    def add(self, new: NewDocument) -> tuple[DocumentView, bool]:
        """Promise it."""
        now = datetime.now(UTC)
        promised = DocumentView(
            id=new.id,
            filename=new.filename,
            content_type=new.content_type,
            size_bytes=new.size_bytes,
            sha256=new.sha256,
            status=DocumentStatus.UPLOADED,
            failure=None,
            wants_index=new.wants_index,
            text_chars=None,
            chunk_count=None,
            created_at=now,
            updated_at=now,
        )
        return promised, True
