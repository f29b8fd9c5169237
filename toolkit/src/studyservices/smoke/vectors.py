"""Qdrant: it answers, and a collection of ours can be made, filled, searched and dropped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from studyruntime.config import QdrantSettings
from studyruntime.errors import Unavailable
from studyservices.passages import DEPENDENCY, connect_qdrant
from studyservices.smoke.findings import Deadline, Finding, Wrong, always, find, require_somebody
from studyservices.surroundings import Surroundings

PROBE = "vectors"
PREFIX = "_smoke_"
NEAR, FAR = 1, 2
_POINTS = {NEAR: [1.0, 0.0, 0.0, 0.0], FAR: [0.0, 0.0, 0.0, 1.0]}
_QUERY = [0.9, 0.1, 0.0, 0.0]


def ask_vectors(surroundings: Surroundings, deadline: Deadline) -> Iterator[Finding]:
    """One finding."""
    del deadline  # the client's own limit is shorter
    settings = surroundings.settings.require_qdrant()

    def ask() -> str:
        _require_somebody(settings)
        with closing(connect_qdrant(settings, surroundings.settings.aws)) as client:
            return _make_fill_search_drop(client)

    yield find(PROBE, "qdrant", ask)


def _require_somebody(settings: QdrantSettings) -> None:
    parts = urlsplit(settings.url)
    require_somebody(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def _make_fill_search_drop(client: QdrantClient) -> str:
    name = f"{PREFIX}{secrets.token_hex(8)}"
    size = models.VectorParams(size=len(_QUERY), distance=models.Distance.COSINE)
    known = len(client.get_collections().collections)  # answering this is what "ready" means to a client
    with always(lambda: _drop(client, name)):
        client.create_collection(name, vectors_config=size)
        points = [models.PointStruct(id=number, vector=vector) for number, vector in _POINTS.items()]
        client.upsert(name, points, wait=True)
        found = [point.id for point in client.query_points(name, query=_QUERY, limit=len(_POINTS)).points]
        if found != [NEAR, FAR]:
            raise Wrong(f"a search found {found}, nearest first it is {[NEAR, FAR]}")
    return f"made, filled, searched and dropped a collection beside {known} others"


def _drop(client: QdrantClient, name: str) -> None:
    try:
        client.delete_collection(name)
    except ApiException as error:
        raise Unavailable(DEPENDENCY, f"{type(error).__name__}: {error}") from error
