"""Cut a text into overlapping pieces that fit an embedding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARS = 1200
OVERLAP_CHARS = 150
# The best place to cut first. A line may end anywhere in a sentence, so its end is hardly better than a word's.
_SEPARATORS = ("\n\n", ". ", ".\n", "? ", "?\n", "! ", "!\n", "\n", " ")


@dataclass(frozen=True)
class Chunk:
    """A piece of a text: `text == whole[start:end]`, and `ordinal` counts from 0."""

    ordinal: int
    start: int
    end: int
    text: str


def chunks(text: str, *, max_chars: int = MAX_CHARS, overlap_chars: int = OVERLAP_CHARS) -> Iterator[Chunk]:
    """Cut `text` so that every character is in a chunk and no chunk is longer than `max_chars`.

    A cut is made where it hurts least: after a paragraph, else a sentence, else a word, else anywhere. Neighbours share
    at most `overlap_chars`, so that what stands at a cut is found from either side. Blank chunks are left out.

    Raises:
        ValueError: the overlap is not less than half of a chunk.
    """
    if not 0 <= overlap_chars < max_chars / 2:
        raise ValueError(f"an overlap of {overlap_chars} is not less than half of a chunk of {max_chars}")
    start = ordinal = 0
    while start < len(text):
        end = _cut(text, start, max_chars)
        if not text[start:end].isspace():
            yield Chunk(ordinal, start, end, text[start:end])
            ordinal += 1
        if end == len(text):
            return
        start = _restart(text, start, end, overlap_chars)


def _cut(text: str, start: int, max_chars: int) -> int:
    limit = start + max_chars
    if limit >= len(text):
        return len(text)
    earliest = start + (max_chars + 1) // 2  # a chunk is at least half full, or short lines would make thousands
    for separator in _SEPARATORS:
        found = text.rfind(separator, earliest, limit)
        if found >= 0:
            return found + len(separator)
    return limit


def _restart(text: str, start: int, end: int, overlap_chars: int) -> int:
    """Where the next chunk begins: at a word at most `overlap_chars` before `end`, and always after `start`."""
    earliest = max(end - overlap_chars, start + 1)
    if earliest >= end:
        return end
    space = text.find(" ", earliest, end)
    return end if space < 0 else space + 1
