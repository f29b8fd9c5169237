"""Vectors from a model behind an endpoint, and the choice between it and hashing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pydantic import BaseModel, TypeAdapter, ValidationError

from studyruntime.errors import Unavailable
from studyservices.embedding import Embedding, HashingEmbedding, Vector
from studyservices.endpoint import ModelEndpoint, ModelRefused
from studyservices.options import EmbeddingKind, Options


class _Entry(BaseModel):
    index: int
    embedding: list[float]


class _Answer(BaseModel):
    data: list[_Entry]


_ANSWER = TypeAdapter(_Answer)


class EndpointEmbedding:
    """Vectors of a served model, scaled to length 1."""

    def __init__(self, endpoint: ModelEndpoint, dimensions: int) -> None:
        self._endpoint = endpoint
        self.dimensions = dimensions
        self.name = re.sub(r"[^a-z0-9]+", "_", endpoint.model.lower()).strip("_")

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length 1 for each of `texts`, in order.

        Raises:
            Unavailable: the model does not answer, or not usably.
            ModelRefused: it refuses, or its vectors have another length than was configured.
        """
        raw = self._endpoint.ask("embeddings", {"input": list(texts), "encoding_format": "float"})
        try:
            entries = sorted(_ANSWER.validate_python(raw).data, key=lambda entry: entry.index)
        except ValidationError as error:
            raise Unavailable(self._endpoint.model, f"no embeddings in its answer: {error}") from error
        if [entry.index for entry in entries] != list(range(len(texts))):
            raise Unavailable(self._endpoint.model, f"{len(entries)} vectors for {len(texts)} texts")
        return [self._scaled(entry.embedding) for entry in entries]

    def _scaled(self, vector: Vector) -> Vector:
        if len(vector) != self.dimensions:
            raise ModelRefused(
                f"{self._endpoint.model} makes vectors of {len(vector)} numbers, not {self.dimensions}",
                hint=f"Set EMBEDDING_DIMENSIONS={len(vector)}.",
            )
        norm = math.hypot(*vector)
        if norm == 0 or not math.isfinite(norm):
            raise Unavailable(self._endpoint.model, "a vector without a direction")
        return [value / norm for value in vector]


def choose_embedding(options: Options) -> Embedding:
    """What the options ask for."""
    if options.embedding is EmbeddingKind.HASHING or options.embedding_url is None or options.embedding_model is None:
        return HashingEmbedding(options.embedding_dimensions)
    endpoint = ModelEndpoint(
        options.embedding_url,
        options.embedding_model,
        options.embedding_api_key,
        timeout_seconds=options.model_timeout_seconds,
    )
    return EndpointEmbedding(endpoint, options.embedding_dimensions)
