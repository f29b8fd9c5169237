"""Passages of documents in Qdrant, found by their vectors. The only module, beside its smoke test, that knows Qdrant.

A passage's id follows from its document and its place, so writing a document twice leaves it there once.
"""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import boto3
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from studyruntime.config import AwsSettings, QdrantSettings
from studyruntime.errors import Unavailable
from studyservices.embedding import Embedding, Vector
from studyservices.text.chunks import Chunk

DEPENDENCY = "Qdrant"
TIMEOUT_SECONDS = 10
BATCH_SIZE = 64
_NOT_FOUND = 404
_CONFLICT = 409


@dataclass(frozen=True)
class Passage:
    """A piece of a document, and how near it is to what was searched (1: the same direction)."""

    document_id: uuid.UUID
    ordinal: int
    text: str
    score: float


class Progress(Protocol):
    """Told of how much is done."""

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` passages are written."""


def connect_qdrant(settings: QdrantSettings, aws: AwsSettings) -> QdrantClient:
    """A client. Nothing is asked of the server yet; only its certificate authority is fetched where it lies in AWS."""
    return QdrantClient(
        url=settings.url,
        api_key=None if settings.api_key is None else settings.api_key.get_secret_value(),
        timeout=TIMEOUT_SECONDS,
        check_compatibility=False,  # it would ask the server here and now, and only warn
        verify=_trust(settings, aws),
    )


class PassageIndex:
    """The passages of all documents under one embedding: another embedding has a collection of its own."""

    def __init__(
        self, client: QdrantClient, embedding: Embedding, observe_seconds: Callable[[float], object] = lambda _: None
    ) -> None:
        self._client = client
        self._embedding = embedding
        self._observe_seconds = observe_seconds
        self._is_prepared = False
        self.collection = f"study_passages_{embedding.name}_{embedding.dimensions}"

    def observed(self, observe_seconds: Callable[[float], object]) -> PassageIndex:
        """The same passages; how long Qdrant takes for each search, also for one that fails, is told."""
        return PassageIndex(self._client, self._embedding, observe_seconds)

    def ping(self) -> None:
        """Ask for an answer.

        Raises:
            Unavailable: there is none.
        """
        with _translated():
            self._client.collection_exists(self.collection)

    def replace(self, document_id: uuid.UUID, user_id: str, chunks: Sequence[Chunk], progress: Progress) -> None:
        """Make `chunks` the passages of a document. Killed half-way it can be done again.

        Raises:
            Unavailable: Qdrant, or the model behind the embedding, does not answer.
        """
        done = 0
        for batch in _batches(chunks):
            vectors = self._embedding.embed([chunk.text for chunk in batch])
            points = [_point(document_id, user_id, chunk, vector) for chunk, vector in zip(batch, vectors, strict=True)]
            with _translated():
                self._prepare()
                self._client.upsert(self.collection, points, wait=True)
            done += len(batch)
            progress(done, len(chunks))
        with _translated():
            self._prepare()
            beyond = models.FieldCondition(key="ordinal", range=models.Range(gte=len(chunks)))
            self._delete(_of_document(document_id, beyond))

    def search(self, user_id: str, query: str, *, limit: int, document_id: uuid.UUID | None = None) -> list[Passage]:
        """The passages of a user that are nearest to `query`, nearest first.

        Raises:
            Unavailable: Qdrant, or the model behind the embedding, does not answer.
        """
        (vector,) = self._embedding.embed([query])
        conditions: list[models.Condition] = [_equals("user_id", user_id)]
        if document_id is not None:
            conditions.append(_equals("document_id", str(document_id)))
        began = time.monotonic()
        with _translated():
            try:
                answer = self._client.query_points(
                    self.collection, query=vector, query_filter=models.Filter(must=conditions), limit=limit
                )
            except UnexpectedResponse as error:
                if error.status_code == _NOT_FOUND:  # nobody has indexed anything yet
                    return []
                raise
            finally:
                self._observe_seconds(time.monotonic() - began)
        return [_passage(point) for point in answer.points]

    def remove(self, document_id: uuid.UUID) -> None:
        """Forget a document.

        Raises:
            Unavailable: Qdrant does not answer.
        """
        with _translated():
            if self._client.collection_exists(self.collection):
                self._delete(_of_document(document_id))

    def _delete(self, which: models.Filter) -> None:
        self._client.delete(self.collection, models.FilterSelector(filter=which), wait=True)

    def _prepare(self) -> None:
        """Make the collection where there is none; another worker may do so in the same moment."""
        if self._is_prepared:
            return
        if not self._client.collection_exists(self.collection):
            size = models.VectorParams(size=self._embedding.dimensions, distance=models.Distance.COSINE)
            try:
                self._client.create_collection(self.collection, vectors_config=size)
            except UnexpectedResponse as error:
                if error.status_code != _CONFLICT:
                    raise
        for field in ("user_id", "document_id"):
            self._client.create_payload_index(self.collection, field, models.PayloadSchemaType.KEYWORD, wait=True)
        self._is_prepared = True


def _batches(chunks: Sequence[Chunk]) -> Iterator[Sequence[Chunk]]:
    return (chunks[start : start + BATCH_SIZE] for start in range(0, len(chunks), BATCH_SIZE))


def _point(document_id: uuid.UUID, user_id: str, chunk: Chunk, vector: Vector) -> models.PointStruct:
    return models.PointStruct(
        id=str(uuid.uuid5(document_id, str(chunk.ordinal))),
        vector=vector,
        payload={
            "document_id": str(document_id),
            "user_id": user_id,
            "ordinal": chunk.ordinal,
            "text": chunk.text,
        },
    )


def _passage(point: models.ScoredPoint) -> Passage:
    payload = point.payload or {}
    return Passage(uuid.UUID(payload["document_id"]), payload["ordinal"], payload["text"], point.score)


def _of_document(document_id: uuid.UUID, *conditions: models.Condition) -> models.Filter:
    return models.Filter(must=[_equals("document_id", str(document_id)), *conditions])


def _equals(field: str, value: str) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def _trust(settings: QdrantSettings, aws: AwsSettings) -> ssl.SSLContext | bool:
    if settings.ca_file is not None:
        return ssl.create_default_context(cafile=settings.ca_file)
    if settings.ca_certificate_parameter is not None and settings.url.startswith("https:"):
        client = boto3.client("ssm", region_name=aws.region, endpoint_url=aws.endpoint_url)
        answer = client.get_parameter(Name=settings.ca_certificate_parameter, WithDecryption=True)
        return ssl.create_default_context(cadata=answer["Parameter"]["Value"])
    return True


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ApiException, ResourceExhaustedResponse) as error:
        detail = getattr(error, "source", error)
        raise Unavailable(DEPENDENCY, f"{type(detail).__name__}: {detail}", hint="Is QDRANT_URL right?") from error
