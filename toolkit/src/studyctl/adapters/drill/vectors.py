"""Qdrant behind a local port: its collections copied point by point, as a snapshot of it would hold them."""

from __future__ import annotations

import datetime
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyctl.adapters.private_files import PrivateFolder
from studyctl.domain.disaster.drill import Holdings, Marker, newest
from studyctl.errors import RecoveryFailed

MARKERS = "studyctl_drill_markers"
COPY_FILE = "vectors.json"
PAGE = 256
TIMEOUT_SECONDS = 30.0
_NOT_FOUND, _CONFLICT, _FIRST_FAILURE = 404, 409, 300


@dataclass(frozen=True)
class VectorDoor:
    """Where Qdrant is reached over TLS."""

    host: str
    port: int
    api_key: str = field(repr=False)
    ca_file: str = ""


@dataclass(frozen=True)
class VectorStore:
    """The environment's collections; the copy is a file that outlives the region."""

    source: Callable[[], VectorDoor]
    target: Callable[[Mapping[str, Any]], VectorDoor]
    folder: Path
    name: str = "vector database"

    @property
    def _copy(self) -> Path:
        return self.folder / COPY_FILE

    def mark(self, marker: Marker) -> None:
        """Write a point into a collection of the drill's own."""
        qdrant = _Qdrant(self.source())
        qdrant.ask("PUT", f"/collections/{MARKERS}", {"vectors": {"size": 1, "distance": "Dot"}}, accepted=_CONFLICT)
        payload = {"written_at": marker.written_at.isoformat()}
        qdrant.write(MARKERS, [{"id": marker.number, "vector": [1.0], "payload": payload}])

    def back_up(self) -> Holdings:
        """Read every collection: how it is made, what is indexed of it, and its points."""
        qdrant = _Qdrant(self.source())
        collections = {name: qdrant.read(name) for name in qdrant.names()}
        PrivateFolder(self.folder).write(self._copy, json.dumps(collections))
        return {name: len(each["points"]) for name, each in collections.items()}

    def restore(self, platform: Mapping[str, Any]) -> Holdings:
        """Make the collections anew and fill them."""
        qdrant = _Qdrant(self.target(platform))
        for name, each in json.loads(self._copy.read_text("utf-8")).items():
            qdrant.ask("PUT", f"/collections/{name}", {"vectors": each["vectors"]})
            for key, kind in each["indexes"].items():
                body = {"field_name": key, "field_schema": kind}
                qdrant.ask("PUT", f"/collections/{name}/index?wait=true", body)
            for start in range(0, len(each["points"]), PAGE):
                qdrant.write(name, each["points"][start : start + PAGE])
        return {name: qdrant.count(name) for name in qdrant.names()}

    def newest_marker(self, platform: Mapping[str, Any]) -> Marker | None:
        """The newest point of the drill's collection."""
        qdrant = _Qdrant(self.target(platform))
        if MARKERS not in qdrant.names():
            return None
        return newest(
            Marker(int(point["id"]), datetime.datetime.fromisoformat(point["payload"]["written_at"]))
            for point in qdrant.points(MARKERS)
        )

    def forget(self) -> None:
        """Drop the drill's collection, and remove the copy."""
        _Qdrant(self.source()).ask("DELETE", f"/collections/{MARKERS}", accepted=_NOT_FOUND)
        self._copy.unlink(missing_ok=True)

    def ways(self) -> tuple[str, str]:
        """As a runbook tells it."""
        return (
            "every point of every collection was read into a file",
            "collections and indexes were made anew and filled",
        )


@dataclass(frozen=True)
class _Qdrant:
    """The REST API. Each question is a connection of its own: a drill asks few."""

    door: VectorDoor

    def names(self) -> list[str]:
        return sorted(each["name"] for each in self.ask("GET", "/collections")["collections"])

    def read(self, name: str) -> dict[str, Any]:
        described = self.ask("GET", f"/collections/{name}")
        indexes = {key: schema["data_type"] for key, schema in described["payload_schema"].items()}
        vectors = described["config"]["params"]["vectors"]
        return {"vectors": vectors, "indexes": indexes, "points": list(self.points(name))}

    def points(self, name: str) -> Iterator[dict[str, Any]]:
        offset = None
        while True:
            body = {"limit": PAGE, "with_payload": True, "with_vector": True, "offset": offset}
            page = self.ask("POST", f"/collections/{name}/points/scroll", body)
            for point in page["points"]:
                yield {key: point[key] for key in ("id", "vector", "payload")}
            offset = page["next_page_offset"]
            if offset is None:
                return

    def write(self, name: str, points: list[dict[str, Any]]) -> None:
        self.ask("PUT", f"/collections/{name}/points?wait=true", {"points": points})

    def count(self, name: str) -> int:
        return int(self.ask("POST", f"/collections/{name}/points/count", {"exact": True})["count"])

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, accepted: int = 0) -> Any:
        """The result of one question; `accepted` is a refusal that is as good as done.

        Raises:
            RecoveryFailed: no answer, or another refusal.
        """
        door = self.door
        context = ssl.create_default_context(cafile=door.ca_file or None)
        connection = http.client.HTTPSConnection(door.host, door.port, timeout=TIMEOUT_SECONDS, context=context)
        headers = {"api-key": door.api_key, "content-type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            status, text = response.status, response.read().decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise RecoveryFailed(
                f"Qdrant at {door.host}:{door.port} does not answer {method} {path}: {error}"
            ) from error
        finally:
            connection.close()
        if status == accepted:
            return None
        if status >= _FIRST_FAILURE:
            raise RecoveryFailed(f"Qdrant answered {method} {path} with {status}", why=text[:300])
        return json.loads(text)["result"]
