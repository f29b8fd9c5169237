"""The unmodified qdrant-client against the stand-in: what the services do, and that nothing is pretended."""

from __future__ import annotations

import os
import signal
import time
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from studyctl.adapters.local import http_probe
from studyctl.adapters.local.program import Running
from studyctl.adapters.local.qdrant import Qdrant
from studyctl.adapters.local.server import Server

API_KEY = "a key with spaces"
DEADLINE_SECONDS = 20.0
COSINE = models.VectorParams(size=4, distance=models.Distance.COSINE)
FORWARD: list[float] = [1, 0, 0, 0]
SIDEWAYS: list[float] = [0, 1, 0, 0]
UUID = "550e8400-e29b-41d4-a716-446655440000"
POINTS = [
    models.PointStruct(
        id=1,
        vector=[1.0, 0.0, 0.0, 0.0],
        payload={"user": "anna", "page": 1, "tags": ["a", "b"], "at": "2026-01-01T00:00:00Z", "text": "cell biology"},
    ),
    models.PointStruct(
        id=2,
        vector=[0.8, 0.6, 0.0, 0.0],
        payload={"user": "anna", "page": 2, "tags": [], "at": "2026-02-01T00:00:00Z", "parts": [{"n": 1, "ok": True}]},
    ),
    models.PointStruct(
        id=3, vector=[0.0, 1.0, 0.0, 0.0], payload={"user": "ben", "page": 3, "score": 0.5, "shared": True}
    ),
    models.PointStruct(id=UUID, vector=[0.0, 0.0, 1.0, 0.0], payload={"user": "ben", "gone": None, "shared": False}),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server = Server(Qdrant(tmp_path_factory.mktemp("with a space") / "qdrant", API_KEY))
    yield server.start()
    server.erase()


def client_of(running: Running, api_key: str | None = API_KEY) -> QdrantClient:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        # anything else it warns of, such as versions that do not fit, is a failure
        warnings.simplefilter("error", append=True)
        return QdrantClient(url=running.url, api_key=api_key, timeout=int(DEADLINE_SECONDS))


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[QdrantClient]:
    client = client_of(running)
    yield client
    client.close()


@pytest.fixture
def collection(client: QdrantClient) -> Iterator[str]:
    """A collection that holds the points."""
    name = f"notes {uuid.uuid4().hex[:8]}/é"
    assert client.create_collection(name, vectors_config=COSINE)
    client.upsert(name, POINTS, wait=True)
    yield name
    client.delete_collection(name)


def test_it_is_open_about_what_it_is_and_fits_the_client(client: QdrantClient) -> None:
    info = client.info()
    assert info.title.startswith("qdrant stand-in (qdrant-edge-py ")
    assert info.version.startswith("1.20.")


def test_the_life_of_a_collection(client: QdrantClient) -> None:
    name = f"life-{uuid.uuid4().hex[:8]}"
    assert not client.collection_exists(name)
    assert client.create_collection(name, vectors_config=COSINE)
    assert client.collection_exists(name)
    assert name in {found.name for found in client.get_collections().collections}
    info = client.get_collection(name)
    assert (info.status, info.points_count) == (models.CollectionStatus.GREEN, 0)
    assert info.config.params.vectors == COSINE
    with pytest.raises(UnexpectedResponse, match="already exists") as caught:
        client.create_collection(name, vectors_config=COSINE)
    assert caught.value.status_code == 409
    assert client.get_collection_aliases(name).aliases == []

    assert client.delete_collection(name)
    assert not client.delete_collection(name)
    with pytest.raises(UnexpectedResponse, match="Not found: Collection") as caught:
        client.count(name)
    assert caught.value.status_code == 404


def test_points_come_back_nearest_first(client: QdrantClient, collection: str) -> None:
    answer = client.query_points(collection, query=[1.0, 0.0, 0.0, 0.0], limit=3, with_vectors=True)

    assert [point.id for point in answer.points[:2]] == [1, 2]
    assert answer.points[0].score == pytest.approx(1.0)
    assert answer.points[1].score == pytest.approx(0.8)
    assert answer.points[0].payload == POINTS[0].payload
    assert answer.points[1].vector == pytest.approx([0.8, 0.6, 0.0, 0.0])
    assert len(answer.points) == 3


def test_a_search_can_be_narrowed_paged_and_cut(client: QdrantClient, collection: str) -> None:
    ben = models.Filter(must=[models.FieldCondition(key="user", match=models.MatchValue(value="ben"))])
    assert {p.id for p in client.query_points(collection, query=FORWARD, query_filter=ben).points} == {3, UUID}
    assert [p.id for p in client.query_points(collection, query=FORWARD, limit=1, offset=1).points] == [2]
    assert [p.id for p in client.query_points(collection, query=FORWARD, score_threshold=0.9).points] == [1]
    payload = client.query_points(collection, query=FORWARD, limit=1, with_payload=["user"]).points[0].payload
    assert payload == {"user": "anna"}
    without = models.PayloadSelectorExclude(exclude=["tags", "at", "text"])
    payload = client.query_points(collection, query=FORWARD, limit=1, with_payload=without).points[0].payload
    assert payload == {"user": "anna", "page": 1}


def test_a_point_can_stand_for_its_vector_and_is_not_its_own_neighbour(client: QdrantClient, collection: str) -> None:
    assert [p.id for p in client.query_points(collection, query=1, limit=1).points] == [2]
    anna = models.Filter(must=[models.FieldCondition(key="user", match=models.MatchValue(value="anna"))])
    assert [p.id for p in client.query_points(collection, query=1, query_filter=anna).points] == [2]
    with pytest.raises(UnexpectedResponse, match="No point with id 99"):
        client.query_points(collection, query=99)


def test_several_queries_at_once(client: QdrantClient, collection: str) -> None:
    requests = [models.QueryRequest(query=FORWARD, limit=1), models.QueryRequest(query=SIDEWAYS, limit=1)]
    answers = client.query_batch_points(collection, requests)
    assert [[point.id for point in answer.points] for answer in answers] == [[1], [3]]


def field(key: str, **condition: Any) -> models.FieldCondition:
    return models.FieldCondition(key=key, **condition)


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        (models.Filter(must=[field("tags", match=models.MatchValue(value="a"))]), {1}),
        (models.Filter(must=[field("user", match=models.MatchAny(any=["anna", "carl"]))]), {1, 2}),
        (models.Filter(must=[field("user", match=models.MatchExcept(**{"except": ["anna"]}))]), {3, UUID}),
        (models.Filter(must=[field("page", range=models.Range(gt=1, lte=3))]), {2, 3}),
        (models.Filter(must=[field("shared", match=models.MatchValue(value=True))]), {3}),
        (models.Filter(must=[field("shared", match=models.MatchValue(value=False))]), {UUID}),
        (models.Filter(must=[field("at", range=models.DatetimeRange(gte="2026-01-15T00:00:00Z"))]), {2}),
        (models.Filter(must_not=[field("user", match=models.MatchValue(value="anna"))]), {3, UUID}),
        (
            models.Filter(
                should=[
                    field("page", match=models.MatchValue(value=1)),
                    field("page", match=models.MatchValue(value=3)),
                ]
            ),
            {1, 3},
        ),
        (
            models.Filter(
                min_should=models.MinShould(
                    conditions=[
                        field("page", match=models.MatchValue(value=2)),
                        field("user", match=models.MatchValue(value="anna")),
                    ],
                    min_count=2,
                )
            ),
            {2},
        ),
        (models.Filter(must=[models.HasIdCondition(has_id=[1, UUID])]), {1, UUID}),
        (models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="page"))]), {UUID}),
        (models.Filter(must=[models.IsNullCondition(is_null=models.PayloadField(key="gone"))]), {UUID}),
        (models.Filter(must=[field("tags", values_count=models.ValuesCount(gte=1))]), {1}),
        (models.Filter(must=[field("text", match=models.MatchText(text="biology"))]), {1}),
        (
            models.Filter(
                must=[
                    models.NestedCondition(
                        nested=models.Nested(
                            key="parts",
                            filter=models.Filter(
                                must=[
                                    field("n", match=models.MatchValue(value=1)),
                                    field("ok", match=models.MatchValue(value=True)),
                                ]
                            ),
                        )
                    )
                ]
            ),
            {2},
        ),
        (
            models.Filter(
                must=[
                    models.Filter(should=[field("page", match=models.MatchValue(value=n)) for n in (1, 2)]),
                    field("user", match=models.MatchValue(value="anna")),
                ],
                must_not=[models.HasIdCondition(has_id=[1])],
            ),
            {2},
        ),
        (None, {1, 2, 3, UUID}),
    ],
)
def test_filters_choose_by_payload(
    narrowed: models.Filter | None, expected: set[int | str], client: QdrantClient, collection: str
) -> None:
    found, following = client.scroll(collection, scroll_filter=narrowed, limit=10)
    assert {point.id for point in found} == expected
    assert following is None
    assert client.count(collection, count_filter=narrowed, exact=True).count == len(expected)


def test_scrolling_reaches_every_point_once(client: QdrantClient, collection: str) -> None:
    seen: list[models.ExtendedPointId] = []
    offset = None
    while True:
        page, offset = client.scroll(collection, limit=1, offset=offset, with_payload=False)
        seen += [point.id for point in page]
        if offset is None:
            break
    assert seen == [1, 2, 3, UUID]


def test_scrolling_by_a_field_that_is_indexed(client: QdrantClient, collection: str) -> None:
    client.create_payload_index(collection, "page", models.PayloadSchemaType.INTEGER, wait=True)
    assert client.get_collection(collection).payload_schema["page"].data_type == models.PayloadSchemaType.INTEGER
    order = models.OrderBy(key="page", direction=models.Direction.DESC)
    assert [point.id for point in client.scroll(collection, order_by=order)[0]] == [3, 2, 1]
    client.delete_payload_index(collection, "page")
    assert client.get_collection(collection).payload_schema == {}


def test_points_are_replaced_retrieved_and_removed(client: QdrantClient, collection: str) -> None:
    client.upsert(collection, models.Batch(ids=[1, 7], vectors=[[0, 0, 0, 1.0]] * 2, payloads=[{"new": True}, {}]))
    found = {point.id: point for point in client.retrieve(collection, [1, 7, 99], with_vectors=True)}
    assert set(found) == {1, 7}
    assert (found[1].payload, found[1].vector) == ({"new": True}, [0, 0, 0, 1])

    client.delete(collection, models.PointIdsList(points=[7]))
    by_filter = models.Filter(must=[field("user", match=models.MatchValue(value="ben"))])
    client.delete(collection, models.FilterSelector(filter=by_filter))
    assert {point.id for point in client.scroll(collection)[0]} == {1, 2}


def test_payloads_are_set_overwritten_deleted_and_cleared(client: QdrantClient, collection: str) -> None:
    client.set_payload(collection, {"seen": True}, points=[3])
    client.delete_payload(collection, ["score"], points=[3])
    assert client.retrieve(collection, [3])[0].payload == {"user": "ben", "page": 3, "shared": True, "seen": True}
    client.overwrite_payload(collection, {"only": 1}, points=[3])
    assert client.retrieve(collection, [3])[0].payload == {"only": 1}
    client.clear_payload(collection, [3])
    assert client.retrieve(collection, [3])[0].payload == {}


def test_vectors_with_names(client: QdrantClient) -> None:
    name = f"named-{uuid.uuid4().hex[:8]}"
    euclid = models.VectorParams(size=2, distance=models.Distance.EUCLID)
    client.create_collection(name, vectors_config={"text": COSINE, "image": euclid})
    client.upsert(name, [models.PointStruct(id=1, vector={"text": [1, 0, 0, 0], "image": [3, 4]})])
    client.upsert(name, [models.PointStruct(id=2, vector={"image": [0, 1]})])

    found = client.query_points(name, query=[0.0, 0.0], using="image", with_vectors=["image"]).points
    assert [(point.id, point.score) for point in found] == [(2, 1.0), (1, 5.0)]
    assert found[1].vector == {"image": [3, 4]}
    assert [point.id for point in client.query_points(name, query=FORWARD, using="text").points] == [1]
    client.delete_collection(name)


def test_a_large_upload_arrives(client: QdrantClient) -> None:
    name = f"large-{uuid.uuid4().hex[:8]}"
    client.create_collection(name, vectors_config=COSINE)
    points = [models.PointStruct(id=number, vector=[number, 1, 0, 0], payload={"n": number}) for number in range(2000)]
    client.upload_points(name, points, batch_size=256, wait=True)
    assert client.count(name).count == 2000
    client.delete_collection(name)


def test_it_can_be_asked_by_many_at_once(running: Running, collection: str) -> None:
    def work(number: int) -> int:
        client = client_of(running)
        try:
            client.upsert(collection, [models.PointStruct(id=100 + number, vector=[1, 1, 1, number])])
            return len(client.query_points(collection, query=FORWARD, limit=50).points)
        finally:
            client.close()

    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(work, range(12)))
    assert max(counts) == len(POINTS) + 12


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    payload=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**53), 2**53)
            | st.text(st.characters(exclude_categories=["Cs"])),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_any_payload_comes_back_as_it_was(payload: dict[str, object], client: QdrantClient, collection: str) -> None:
    client.upsert(collection, [models.PointStruct(id=50, vector=[1, 2, 3, 4], payload=payload)])
    assert client.retrieve(collection, [50])[0].payload == payload


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c, n: c.upsert(n, [models.PointStruct(id=9, vector=[1.0, 2.0])]), "expected dim: 4, got 2"),
        (lambda c, n: c.query_points(n, query=[1.0]), "expected dim: 4, got 1"),
        (lambda c, n: c.upsert(n, [models.PointStruct(id="no uuid", vector=[1, 2, 3, 4])]), "UUID"),
        (lambda c, n: c.query_points(n, query=FORWARD, using="image"), "image"),
    ],
)
def test_nonsense_is_refused_as_wrong_input(change: object, says: str, client: QdrantClient, collection: str) -> None:
    with pytest.raises(UnexpectedResponse, match=says) as caught:
        change(client, collection)  # type: ignore[operator]
    assert caught.value.status_code == 400
    assert client.count(collection).count == len(POINTS)


@pytest.mark.parametrize(
    "use",
    [
        lambda c, n: c.create_collection(
            f"{n}s", vectors_config={}, sparse_vectors_config={"s": models.SparseVectorParams()}
        ),
        lambda c, n: c.query_points(
            n,
            prefetch=[models.Prefetch(query=FORWARD)],
            query=models.FusionQuery(fusion=models.Fusion.RRF),
        ),
        lambda c, n: c.query_points(n, query=models.RecommendQuery(recommend=models.RecommendInput(positive=[1]))),
        lambda c, n: c.facet(n, "user"),
        lambda c, n: c.create_snapshot(n),
        lambda c, n: c.scroll(
            n,
            scroll_filter=models.Filter(
                must=[field("at", geo_radius=models.GeoRadius(center=models.GeoPoint(lon=0, lat=0), radius=1))]
            ),
        ),
    ],
)
def test_what_it_cannot_do_it_says(use: object, client: QdrantClient, collection: str) -> None:
    with pytest.raises(UnexpectedResponse, match="this stand-in for Qdrant does not know") as caught:
        use(client, collection)  # type: ignore[operator]
    assert caught.value.status_code == 501


@pytest.mark.parametrize("api_key", [None, "wrong", f"{API_KEY}x"])
def test_without_the_key_only_health_is_told(api_key: str | None, running: Running) -> None:
    headers = {"api-key": api_key} if api_key else {}
    for path in ("/collections", "/metrics", "/collections/x/points/count"):
        assert http_probe.ask(running.port, path, headers=headers).status == 401
    for path in ("/readyz", "/healthz", "/livez"):
        answer = http_probe.ask(running.port, path)
        assert (answer.status, answer.body) == (200, f"{path[1:]} check passed".encode())


def test_its_metrics_count_points(client: QdrantClient, running: Running, collection: str) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    text = http_probe.ask(running.port, "/metrics", headers=headers).body.decode()
    assert f"collections_total {len(client.get_collections().collections)}\n" in text
    assert f'collection_points{{id="{collection}"}} {len(POINTS)}\n' in text


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"points": 5}', b'{"points": [{"id": 1}]}', b"{}", b"\xff"])
def test_a_body_that_is_no_request_is_wrong_input(body: bytes, running: Running, collection: str) -> None:
    path = f"/collections/{quote(collection, safe='')}/points"
    answer = http_probe.ask(running.port, path, method="PUT", body=body, headers={"api-key": API_KEY})
    assert answer.status == 400
    assert b"Wrong input" in answer.body


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_written_is_there_after_any_end(how: signal.Signals, tmp_path: Path) -> None:
    server = Server(Qdrant(tmp_path / "qdrant", API_KEY))
    first = server.start()
    client = client_of(first)
    client.create_collection("kept", vectors_config=COSINE)
    client.create_collection("gone", vectors_config=COSINE)
    client.upsert("kept", POINTS, wait=True)
    client.delete_collection("gone")
    client.close()

    os.kill(first.pid, how)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while server.find() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client = client_of(server.start())

    assert [found.name for found in client.get_collections().collections] == ["kept"]
    assert client.count("kept").count == len(POINTS)
    assert client.query_points("kept", query=FORWARD).points[0].payload == POINTS[0].payload
    client.close()
    server.erase()


def test_a_full_volume_takes_nothing_more_until_there_is_room_again(tmp_path: Path) -> None:
    server = Server(Qdrant(tmp_path / "qdrant", API_KEY, volume_bytes=4 * 1024 * 1024))
    running = server.start()
    try:
        with closing(client_of(running)) as client:
            client.create_collection("kept", COSINE)
            client.upsert("kept", POINTS)
            client.create_collection("large", COSINE)
            with pytest.raises(UnexpectedResponse, match="No space left on device") as refused:
                for number in range(100):
                    payload = {"text": "x" * 100_000}
                    client.upsert("large", [models.PointStruct(id=number, vector=[1.0, 0, 0, 0], payload=payload)])
            assert refused.value.status_code == 500
            with pytest.raises(UnexpectedResponse, match="No space left on device"):
                client.upsert("kept", [models.PointStruct(id=9, vector=[1.0, 0, 0, 0], payload={"text": "x" * 10**6})])
            assert client.count("kept").count == len(POINTS), "what is there can be read"

            client.delete_collection("large")
            client.upsert("kept", [models.PointStruct(id=9, vector=[1.0, 0, 0, 0])])
            assert client.count("kept").count == len(POINTS) + 1
    finally:
        server.erase()
