"""Turn texts into vectors without downloading anything; what other embeddings have to look like."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from studyservices.text.words import terms

Vector = list[float]

_TRIGRAM = 3
_TRIGRAM_WEIGHT = 0.35  # a part of a word says less than the word, but finds its other forms


class Embedding(Protocol):
    """Makes vectors of one length. Vectors of different `name` must never be compared."""

    @property
    def name(self) -> str:
        """What made the vectors, in lower-case letters, digits and underscores: part of a collection's name."""

    @property
    def dimensions(self) -> int:
        """How many numbers each vector has."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length 1 for each of `texts`, in order.

        Raises:
            Unavailable: a model that runs elsewhere did not answer.
        """


class HashingEmbedding:
    """Signed feature hashing of words and their trigrams: the same on every machine, and good enough to find passages.

    Two texts are near when they use the same words or forms of them; synonyms it does not know.
    Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009), for why signs are hashed too.
    """

    name = "hashing_v1"  # another recipe is another name: old vectors would be compared with new ones

    def __init__(self, dimensions: int = 256) -> None:
        self.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length 1 for each of `texts`, in order."""
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> Vector:
        vector = [0.0] * self.dimensions
        weights: Counter[str] = Counter()
        for feature, weight in _features(text):
            weights[feature] += weight  # type: ignore[assignment]  # counters add floats; typeshed says int
        for feature, weight in weights.items():
            place, sign = self._place(feature)
            vector[place] += sign * (1 + math.log(weight)) if weight > 1 else sign * weight
        norm = math.sqrt(math.fsum(value * value for value in vector))
        if norm == 0:  # no words, or features that cancel out: any fixed direction, or cosine distance is undefined
            place, sign = self._place(text)
            vector[place], norm = sign, 1.0
        return [value / norm for value in vector]

    def _place(self, feature: str) -> tuple[int, float]:
        digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
        return (digest >> 1) % self.dimensions, 1.0 if digest & 1 else -1.0


def _features(text: str) -> Iterator[tuple[str, float]]:
    for term in terms(text):
        yield term, 1.0
        padded = f"^{term}$"
        for start in range(len(padded) - _TRIGRAM + 1):
            yield f"#{padded[start : start + _TRIGRAM]}", _TRIGRAM_WEIGHT
