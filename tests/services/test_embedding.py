"""The hashing embedding: unit vectors, the same everywhere, near for texts that share words."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyservices.embedding import HashingEmbedding, Vector

LEAF = "Photosynthesis in the leaf turns light into sugar."
PLANT = "Sugar is made by photosynthesis when light falls on leaves."
COURT = "The supreme court overturned an earlier verdict on contracts."


def cosine(one: Vector, other: Vector) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


@given(st.text(), st.integers(2, 300))
def test_every_text_has_a_vector_of_length_one(text: str, dimensions: int) -> None:
    (vector,) = HashingEmbedding(dimensions).embed([text])

    assert len(vector) == dimensions
    assert math.isclose(math.hypot(*vector), 1.0)


@given(st.lists(st.text(), max_size=5))
def test_a_text_has_the_same_vector_alone_and_among_others(texts: list[str]) -> None:
    embedding = HashingEmbedding()

    assert embedding.embed(texts) == [embedding.embed([text])[0] for text in texts]


def test_texts_about_the_same_are_nearer_than_others() -> None:
    leaf, plant, court = HashingEmbedding().embed([LEAF, PLANT, COURT])

    assert cosine(leaf, plant) > 0.3 > abs(cosine(leaf, court))


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_makes_the_same_vector(hash_seed: str) -> None:
    program = f"from studyservices.embedding import HashingEmbedding as E; print(repr(E().embed([{LEAF!r}])[0]))"
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )

    assert other.stdout.strip() == repr(HashingEmbedding().embed([LEAF])[0])
