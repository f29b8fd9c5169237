"""What can be asked of the stand-in: one function an operation, from a request's JSON to a result's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qdrant_edge as edge

from studyctl.adapters.local.qdrant_standin.collections import Collection, Collections
from studyctl.adapters.local.qdrant_standin.faults import NOT_FOUND, Refusal, unsupported, wrong_input
from studyctl.adapters.local.qdrant_standin.filters import read_filter
from studyctl.adapters.local.qdrant_standin.values import (
    PAYLOAD_TYPES,
    Document,
    named_points,
    read_order,
    read_points,
    read_query,
    read_with_payload,
    read_with_vector,
    write_id,
    write_payload_type,
    write_point,
)

DONE: Document = {"operation_id": 0, "status": "completed"}
DEFAULT_SCROLL_LIMIT = 10
Update = edge.UpdateOperation


@dataclass(frozen=True)
class Request:
    """One call: names taken from the path, and the body."""

    collections: Collections
    names: dict[str, str]
    body: Document
    size_bytes: int = 0
    """Of the body as it came."""

    @property
    def collection(self) -> str:
        """The collection that is meant."""
        return self.names["collection"]


Operation = Callable[[Request], Any]


def list_collections(request: Request) -> Document:
    """All names."""
    return {"collections": [{"name": name} for name in request.collections.names]}


def collection_exists(request: Request) -> Document:
    """Whether there is one."""
    return {"exists": request.collection in request.collections.names}


def create_collection(request: Request) -> bool:
    """Make one."""
    request.collections.require_room(request.size_bytes)
    request.collections.create(request.collection, request.body)
    return True


def delete_collection(request: Request) -> bool:
    """Remove one."""
    return request.collections.delete(request.collection)


def describe_collection(request: Request) -> Document:
    """How it is made and how much it holds. What the engine does not have is given as a server's default."""
    with request.collections.using(request.collection) as collection:
        info = collection.shard.info()
        return {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": info.points_count,
            "indexed_vectors_count": info.indexed_vectors_count,
            "segments_count": info.segments_count,
            "payload_schema": {
                name: {"data_type": write_payload_type(index.data_type), "points": index.points}
                for name, index in info.payload_schema.items()
            },
            "config": {
                "params": {
                    "vectors": collection.vectors,
                    "shard_number": 1,
                    "replication_factor": 1,
                    "write_consistency_factor": 1,
                    "on_disk_payload": True,
                },
                "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
                "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
            },
        }


def create_index(request: Request) -> Document:
    """Index a field of the payload. An index is told by its type alone."""
    schema = request.body.get("field_schema")
    kind = schema.get("type") if isinstance(schema, dict) else schema
    if kind not in PAYLOAD_TYPES:
        raise wrong_input(f"a field is indexed as one of {', '.join(PAYLOAD_TYPES)}")
    return _write(request, Update.create_field_index(request.body["field_name"], PAYLOAD_TYPES[kind]))


def delete_index(request: Request) -> Document:
    """Remove an index."""
    return _update(request, Update.delete_field_index(request.names["field"]))


def upsert_points(request: Request) -> Document:
    """Write points."""
    return _write(request, Update.upsert_points(read_points(request.body)))


def delete_points(request: Request) -> Document:
    """Remove points by id or by filter."""
    return _selected(request, Update.delete_points, Update.delete_points_by_filter)


def set_payload(request: Request) -> Document:
    """Add to the payload of points."""
    request.collections.require_room(request.size_bytes)
    payload, key = request.body["payload"], request.body.get("key")
    return _selected(
        request,
        lambda ids: Update.set_payload(ids, payload, key),
        lambda chosen: Update.set_payload_by_filter(chosen, payload, key),
    )


def overwrite_payload(request: Request) -> Document:
    """Replace the payload of points."""
    request.collections.require_room(request.size_bytes)
    payload = request.body["payload"]
    return _selected(
        request,
        lambda ids: Update.overwrite_payload(ids, payload),
        lambda chosen: Update.overwrite_payload_by_filter(chosen, payload),
    )


def delete_payload(request: Request) -> Document:
    """Remove fields from the payload of points."""
    keys = request.body["keys"]
    return _selected(
        request,
        lambda ids: Update.delete_payload(ids, keys),
        lambda chosen: Update.delete_payload_by_filter(chosen, keys),
    )


def clear_payload(request: Request) -> Document:
    """Remove the payload of points."""
    return _selected(request, Update.clear_payload, Update.clear_payload_by_filter)


def retrieve_points(request: Request) -> list[Document]:
    """Points by id; those that are not there are left out."""
    body = request.body
    with request.collections.using(request.collection) as collection:
        found = collection.shard.retrieve(body["ids"], read_with_payload(body, default=True), read_with_vector(body))
    return [write_point(point) for point in found]


def get_point(request: Request) -> Document:
    """One point."""
    raw = request.names["point"]
    with request.collections.using(request.collection) as collection:
        found = collection.shard.retrieve([int(raw) if raw.isdigit() else raw], True, True)
    if not found:
        raise Refusal(NOT_FOUND, f"Not found: Point with id {raw} does not exists!")
    return write_point(found[0])


def count_points(request: Request) -> Document:
    """How many there are."""
    asked = edge.CountRequest(exact=request.body.get("exact") is not False, filter=_filter_of(request))
    with request.collections.using(request.collection) as collection:
        return {"count": collection.shard.count(asked)}


def scroll_points(request: Request) -> Document:
    """Page after page, in the order of ids or of a field."""
    body = request.body
    limit = DEFAULT_SCROLL_LIMIT if body.get("limit") is None else int(body["limit"])
    order = body.get("order_by")
    asked = edge.ScrollRequest(
        offset=body.get("offset"),
        limit=limit,
        filter=_filter_of(request),
        with_payload=read_with_payload(body, default=True),
        with_vector=read_with_vector(body),
        order_by=None if order is None else read_order(order),
    )
    with request.collections.using(request.collection) as collection:
        points, following = collection.shard.scroll(asked)
    return {"points": [write_point(point) for point in points], "next_page_offset": write_id(following)}


def query_points(request: Request) -> Document:
    """The nearest points, best first."""
    with request.collections.using(request.collection) as collection:
        return {"points": _query(collection, request.body)}


def query_points_batch(request: Request) -> list[Document]:
    """Several queries at once."""
    with request.collections.using(request.collection) as collection:
        return [{"points": _query(collection, search)} for search in request.body["searches"]]


def search_points(request: Request) -> list[Document]:
    """What `query_points` was called before version 1.10."""
    vector = request.body["vector"]
    using = None
    if isinstance(vector, dict):
        using, vector = vector.get("name"), vector["vector"]
    with request.collections.using(request.collection) as collection:
        return _query(collection, {**request.body, "query": vector, "using": using})


def list_aliases(request: Request) -> Document:
    """There are none."""
    if "collection" in request.names:
        with request.collections.using(request.collection):
            pass
    return {"aliases": []}


def _query(collection: Collection, body: Document) -> list[Document]:
    named = named_points(body)
    found = collection.shard.retrieve(named, False, True) if named else []
    vector_of = {write_id(point.id): point.vector for point in found}
    for point_id in named:
        if point_id not in vector_of:
            raise Refusal(NOT_FOUND, f"Not found: No point with id {point_id} found")
    return [write_point(point) for point in collection.shard.query(read_query(body, vector_of))]


def _filter_of(request: Request) -> edge.Filter | None:
    return read_filter(request.body.get("filter"))


def _selected(
    request: Request,
    by_ids: Callable[[list[Any]], edge.UpdateOperation],
    by_filter: Callable[[edge.Filter], edge.UpdateOperation],
) -> Document:
    if request.body.get("shard_key"):
        raise unsupported("shard keys")
    points = request.body.get("points")
    if points is not None:
        return _update(request, by_ids(points))
    chosen = _filter_of(request)
    if chosen is None:
        raise wrong_input("points are chosen by `points` or by `filter`")
    return _update(request, by_filter(chosen))


def _write(request: Request, operation: edge.UpdateOperation) -> Document:
    request.collections.require_room(request.size_bytes)
    return _update(request, operation)


def _update(request: Request, operation: edge.UpdateOperation) -> Document:
    with request.collections.using(request.collection) as collection:
        collection.shard.update(operation)
    return DONE
