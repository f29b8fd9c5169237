"""Fills the volume of a vector database, as an old collection that nobody removes does."""

from __future__ import annotations

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

SCRATCH = "fills-the-volume"
SIZES = (1_000_000, 30_000, 1_000)
"""Of what is written, less and less at the end: what services write is little."""


def fill(vectors: QdrantClient) -> None:
    """Write into `SCRATCH` until nothing fits any more."""
    number = 0
    for size in SIZES:
        while _fits(vectors, number, "x" * size):
            number += 1


def _fits(vectors: QdrantClient, number: int, text: str) -> bool:
    try:
        vectors.upsert(SCRATCH, [models.PointStruct(id=number, vector=[1.0] * 4, payload={"text": text})], wait=True)
    except UnexpectedResponse as refused:
        assert b"No space left" in refused.content, refused
        return False
    return True
