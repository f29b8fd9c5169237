"""Documents as users look at them while they wait: kept in the cache, and forgotten with every change.

Everybody who waits asks again and again, and most answers are what the last one was.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from studyruntime.cache import CacheManager
from studyservices.api.library import Library, no_document
from studyservices.api.views import DocumentDetail, View
from studyservices.models import Document, Quiz

KEPT_SECONDS = 10.0
"""How old an answer may become when nobody forgets it: its reader was overtaken by a change, or whoever changed it died
between the commit and the cache."""


class Owned(View):
    """A document and whose it is."""

    user_id: str
    detail: DocumentDetail


class DocumentDetails:
    """The documents of all users; each sees his own."""

    def __init__(self, library: Library, cache: CacheManager) -> None:
        self._library = library
        self._cache = cache

    def show(self, user_id: str, document_id: uuid.UUID) -> DocumentDetail:
        """A document with its quizzes. That there is none is never kept: who just uploaded must find it.

        Raises:
            NoSuchThing: the user has no such document.
        """

        def look() -> object:
            detail = self._library.detail(user_id, document_id)
            return Owned(user_id=user_id, detail=detail).model_dump(mode="json")

        found = Owned.model_validate(self._cache.get_or_compute(_key(document_id), look, KEPT_SECONDS))
        if found.user_id != user_id:
            raise no_document(document_id)
        return found.detail


def forget_changed(cache: CacheManager, objects: Iterable[object]) -> None:
    """Forget every document that is among what a transaction changed, or has a quiz there."""
    changed = {each.id for each in objects if isinstance(each, Document)}
    changed |= {each.document_id for each in objects if isinstance(each, Quiz)}
    cache.delete(*map(_key, changed))


def _key(document_id: uuid.UUID) -> str:
    return f"document:{document_id}"
