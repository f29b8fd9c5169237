"""Points, queries and what selects them: from the REST API's JSON to the engine's values and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import qdrant_edge as edge

from studyctl.adapters.local.qdrant_standin.faults import unsupported, wrong_input
from studyctl.adapters.local.qdrant_standin.filters import read_filter, without

Document = dict[str, Any]

DEFAULT_LIMIT = 10
DISTANCES = {
    "Cosine": edge.Distance.Cosine,
    "Euclid": edge.Distance.Euclid,
    "Dot": edge.Distance.Dot,
    "Manhattan": edge.Distance.Manhattan,
}
PAYLOAD_TYPES = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
    "float": edge.PayloadSchemaType.Float,
    "text": edge.PayloadSchemaType.Text,
    "bool": edge.PayloadSchemaType.Bool,
    "datetime": edge.PayloadSchemaType.Datetime,
    "uuid": edge.PayloadSchemaType.Uuid,
    "geo": edge.PayloadSchemaType.Geo,
}


def read_vectors(document: Any) -> edge.EdgeVectorParams | dict[str, edge.EdgeVectorParams]:
    """The vectors of a collection: one without a name, or several by name."""
    if not isinstance(document, dict) or not document:
        raise wrong_input("a collection needs vectors")
    if "size" in document:
        return _vector(document)
    return {name: _vector(vector) for name, vector in document.items()}


def read_points(body: Document) -> list[edge.Point]:
    """Points to be written, given as a list or column by column."""
    if isinstance(body.get("points"), list):
        return [edge.Point(point["id"], point["vector"], point.get("payload") or {}) for point in body["points"]]
    if isinstance(batch := body.get("batch"), dict):
        vectors = batch["vectors"]
        if isinstance(vectors, dict):
            vectors = [dict(zip(vectors, row, strict=True)) for row in zip(*vectors.values(), strict=True)]
        payloads = batch.get("payloads") or [None] * len(batch["ids"])
        rows = zip(batch["ids"], vectors, payloads, strict=True)
        return [edge.Point(point_id, vector, payload or {}) for point_id, vector, payload in rows]
    raise wrong_input("points are given as `points` or as `batch`")


def read_query(body: Document, vector_of: Mapping[Any, Any]) -> edge.QueryRequest:
    """A search. `vector_of` has the vectors of points that are named in place of one."""
    for name in ("prefetch", "lookup_from"):
        if body.get(name):
            raise unsupported(name)
    params = body.get("params") or {}
    return edge.QueryRequest(
        limit=DEFAULT_LIMIT if body.get("limit") is None else int(body["limit"]),
        offset=int(body.get("offset") or 0),
        query=_query(body, vector_of),
        filter=without(vector_of, read_filter(body.get("filter"))),  # a point is nearest to itself
        score_threshold=body.get("score_threshold"),
        params=edge.SearchParams(hnsw_ef=params.get("hnsw_ef"), exact=bool(params.get("exact"))),
        with_vector=read_with_vector(body),
        with_payload=read_with_payload(body, default=False),
    )


def named_points(body: Document) -> list[Any]:
    """The points whose vectors a query needs."""
    nearest = _nearest(body.get("query"))
    return [nearest] if isinstance(nearest, int | str) else []


def read_with_payload(body: Document, *, default: bool) -> Any:
    """Which part of the payload is wanted."""
    wanted = body.get("with_payload")
    if wanted is None:
        return default
    if isinstance(wanted, dict):
        if "include" in wanted:
            return edge.PayloadSelector.Include(wanted["include"])
        if "exclude" in wanted:
            return edge.PayloadSelector.Exclude(wanted["exclude"])
    return wanted


def read_with_vector(body: Document) -> Any:
    """Which vectors are wanted; the name of the field has changed over time."""
    return body.get("with_vector") or body.get("with_vectors") or False


def write_point(point: edge.Record | edge.ScoredPoint) -> Document:
    """A point as it is answered."""
    document: Document = {"id": write_id(point.id), "payload": point.payload, "vector": point.vector}
    if isinstance(point, edge.ScoredPoint):
        document |= {"score": point.score, "version": point.version}
    return document


def write_id(point_id: Any) -> int | str | None:
    """A number, or a UUID as text."""
    return point_id if point_id is None or isinstance(point_id, int) else str(point_id)


def write_payload_type(kind: edge.PayloadSchemaType) -> str:
    """The name of a type by which a field is indexed."""
    return next(name for name, known in PAYLOAD_TYPES.items() if known == kind)


def _vector(document: Document) -> edge.EdgeVectorParams:
    if document.get("multivector_config"):
        raise unsupported("multivectors")
    if document.get("distance") not in DISTANCES:
        raise wrong_input(f"a distance is one of {', '.join(DISTANCES)}")
    return edge.EdgeVectorParams(size=int(document["size"]), distance=DISTANCES[document["distance"]])


def _query(body: Document, vector_of: Mapping[Any, Any]) -> Any:
    query = body.get("query")
    if query is None:
        return None
    if isinstance(query, dict) and "order_by" in query:
        return read_order(query["order_by"])
    nearest = _nearest(query)
    using = body.get("using") or None
    if isinstance(nearest, int | str):
        vector = vector_of[nearest]
        nearest = vector[using] if isinstance(vector, dict) else vector
    if not isinstance(nearest, Sequence):
        raise unsupported("this kind of query")
    return edge.Query.Nearest(list(nearest), using)


def read_order(document: Any) -> edge.OrderBy:
    """By which field, and which way."""
    order = {"key": document} if isinstance(document, str) else document
    direction = edge.Direction.Desc if order.get("direction") == "desc" else edge.Direction.Asc
    return edge.OrderBy(order["key"], direction, order.get("start_from"))


def _nearest(query: Any) -> Any:
    return query.get("nearest") if isinstance(query, dict) else query
