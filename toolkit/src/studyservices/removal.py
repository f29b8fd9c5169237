"""Forget a document: its passages and its upload first, its row last. Whoever is stopped half-way can be repeated.

Its text goes another way: only the document worker may delete in the bucket of processed files, so it is asked to.
"""

from __future__ import annotations

import uuid

from studyruntime.storage import ObjectStorage
from studyservices.api.library import Library
from studyservices.keys import UPLOADS, upload_key
from studyservices.passages import PassageIndex


class Removal:
    """Removes documents of whichever user."""

    def __init__(self, library: Library, storage: ObjectStorage, passages: PassageIndex) -> None:
        self._library = library
        self._storage = storage
        self._passages = passages

    def remove(self, user_id: str, document_id: uuid.UUID) -> None:
        """Remove a document of a user.

        Raises:
            NoSuchThing: the user has no such document.
            Unavailable: something does not answer; the document is still there and can be removed again.
        """
        self._library.detail(user_id, document_id)
        self._passages.remove(document_id)
        self._storage.delete(UPLOADS, upload_key(document_id))
        self._library.remove(user_id, document_id)
