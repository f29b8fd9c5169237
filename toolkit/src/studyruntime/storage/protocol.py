"""What the rest of a program may ask of object storage. Buckets are named by their role, such as `uploads`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, Protocol

from studyruntime.storage.objects import ObjectInfo


class ObjectStorage(Protocol):
    """Objects by bucket and key. Every method raises Unavailable where the storage does not answer or may not be used.

    A bucket without a name in the settings is a ConfigurationError, and one that does not exist NotFound.
    """

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes | IO[bytes],
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Store an object, whole or not at all, in place of one with the same key. A stream may be of any size."""

    def get(self, bucket: str, key: str) -> bytes:
        """The content. Raises ObjectNotFound."""

    def open(self, bucket: str, key: str) -> AbstractContextManager[Iterator[bytes]]:
        """The content piece by piece, for objects too large for memory. Raises ObjectNotFound."""

    def head(self, bucket: str, key: str) -> ObjectInfo:
        """What is known of the object. Raises ObjectNotFound."""

    def exists(self, bucket: str, key: str) -> bool:
        """Whether there is such an object."""

    def delete(self, bucket: str, key: str) -> None:
        """Remove the object. One that is not there is no error: it may be removed twice."""

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """Objects whose key begins with `prefix`, by key, read page by page."""

    def presign_get(self, bucket: str, key: str, *, expires_seconds: int) -> str:
        """A URL that anyone may read the object by until it expires. The object need not exist."""

    def presign_put(self, bucket: str, key: str, *, expires_seconds: int, content_type: str) -> str:
        """A URL that anyone may store the object by; they must send this content type."""

    def ping(self, bucket: str) -> None:
        """Prove that the storage answers and that the bucket is there."""

    def close(self) -> None:
        """Let go of every connection."""
