"""The collections of one folder: each an engine of its own, kept on disk, found again when the process starts."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import qdrant_edge as edge

from studyctl.adapters.local.qdrant_standin.faults import (
    existing_collection,
    missing_collection,
    no_room,
    unsupported,
    wrong_input,
)
from studyctl.adapters.local.qdrant_standin.values import read_vectors
from studyctl.adapters.local.volume import Volume

DESCRIPTION_FILE = "collection.json"
SHARD = "shard"
LONGEST_NAME = 120
"""So that it also fits as a folder's name when each of its characters has to be written in another way."""


@dataclass
class Collection:
    """One collection. Whoever uses its shard holds the lock."""

    name: str
    folder: Path
    vectors: dict[str, Any]
    shard: edge.EdgeShard
    lock: threading.Lock = field(default_factory=threading.Lock)


class Collections:
    """All collections of a folder. Safe to use from several threads."""

    def __init__(self, folder: Path, volume_bytes: int | None = None) -> None:
        self._folder = folder
        self._volume = None if volume_bytes is None else Volume(folder, volume_bytes)
        self._lock = threading.RLock()
        self._by_name: dict[str, Collection] = {}
        for child in sorted(folder.iterdir()):
            description = child / DESCRIPTION_FILE
            if description.exists():
                self._open(child, json.loads(description.read_text("utf-8")))
            else:
                shutil.rmtree(child)  # its creation or its removal was cut short

    def require_room(self, more_bytes: int) -> None:
        """See that so much more may be written.

        Raises:
            Refusal: the volume is too full.
        """
        if self._volume is not None and not self._volume.has_room_for(more_bytes):
            raise no_room()

    @property
    def names(self) -> list[str]:
        """What there is, in order."""
        with self._lock:
            return sorted(self._by_name)

    @contextmanager
    def using(self, name: str) -> Iterator[Collection]:
        """One collection, for this caller alone.

        Raises:
            Refusal: there is none of this name.
        """
        with self._lock:
            found = self._by_name.get(name)
            if found is None:
                raise missing_collection(name)
        with found.lock:
            if self._by_name.get(name) is not found:
                raise missing_collection(name)
            yield found

    def create(self, name: str, body: dict[str, Any]) -> None:
        """Make a collection. What only tunes a real server is accepted and has no effect."""
        if not 0 < len(name) <= LONGEST_NAME:
            raise wrong_input(f"a collection's name has 1 to {LONGEST_NAME} characters")
        for feature in ("sparse_vectors", "init_from"):
            if body.get(feature):
                raise unsupported(feature)
        vectors = read_vectors(body.get("vectors"))
        with self._lock:
            if name in self._by_name:
                raise existing_collection(name)
            folder = self._folder / f"c-{quote(name, safe='')}"
            (folder / SHARD).mkdir(parents=True)
            edge.EdgeShard.create(str(folder / SHARD), edge.EdgeConfig(vectors=vectors)).close()
            description = {"name": name, "vectors": body["vectors"]}
            # written last: a folder without it never became a collection
            scratch = folder / f"{DESCRIPTION_FILE}.new"
            scratch.write_text(json.dumps(description), "utf-8")
            scratch.replace(folder / DESCRIPTION_FILE)
            self._open(folder, description)

    def delete(self, name: str) -> bool:
        """Remove a collection; False when there was none."""
        with self._lock:
            found = self._by_name.pop(name, None)
            if found is None:
                return False
            with found.lock:
                (found.folder / DESCRIPTION_FILE).unlink()
                found.shard.close()
                shutil.rmtree(found.folder)
            return True

    def close(self) -> None:
        """Write everything down."""
        with self._lock:
            for collection in self._by_name.values():
                with collection.lock:
                    collection.shard.flush()
                    collection.shard.close()
            self._by_name.clear()

    def _open(self, folder: Path, description: dict[str, Any]) -> None:
        name = description["name"]
        shard = edge.EdgeShard.load(str(folder / SHARD))
        self._by_name[name] = Collection(name, folder, description["vectors"], shard)
