"""Uses object storage as services do, as a part of work and outside of it: run by tests, which collect its spans."""

from __future__ import annotations

import io
import os
from contextlib import closing, suppress

from studyruntime.config import load_settings
from studyruntime.errors import ObjectNotFound, Unavailable
from studyruntime.storage import S3ObjectStorage
from studyruntime.storage.s3 import PART_BYTES
from studyruntime.traces import doing
from studyservices.tracing.lifetime import tracing

KEY = "somebodys-holiday.txt"


def main() -> None:
    """Each piece of work is a trace of its own, by its name."""
    settings = load_settings(os.environ)
    storage = S3ObjectStorage(settings, attempts=2)
    with tracing(settings), closing(storage):
        storage.ping("uploads")
        with doing("store"):
            storage.put("uploads", KEY, b"bytes")
            storage.put("uploads", KEY, io.BytesIO(b"a stream"))
        with doing("store a large one"):
            storage.put("uploads", KEY, io.BytesIO(bytes(PART_BYTES + 1)))
        with doing("look"):
            assert len(storage.get("uploads", KEY)) == PART_BYTES + 1
            assert [found.key for found in storage.list("uploads")] == [KEY]
            storage.presign_get("uploads", KEY, expires_seconds=60)
        with doing("miss"), suppress(ObjectNotFound):
            storage.get("uploads", "not-there")
        nowhere = S3ObjectStorage(load_settings({**os.environ, "STORAGE_ENDPOINT_URL": "http://127.0.0.1:9"}))
        with doing("reach nobody"), closing(nowhere), suppress(Unavailable):
            nowhere.delete("uploads", KEY)


if __name__ == "__main__":
    main()
