"""Sentences, words and terms of a text, the same on every machine and in every run."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHORTEST_TERM = 4
# Too common to tell one text from another. Shorter words carry no meaning here anyway.
_STOP_WORDS = """
about above after again also because been before being below between both could does doing down during each from further
have having here hers himself into itself just many might more most much must only other ours over same should some such
than that their theirs them then there these they this those through under until upon very were what when where which
while whom will with would your yours
aber auch dass durch eine einem einen einer nach nicht noch oder sich sind über wenn werden wird
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['\u2019\-](?=[^\W_]))*")
# A full stop ends a sentence when space follows and something that can begin one: "3.14" and "e.g. this" go on.
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[^\W_a-z])|\n\s*\n")


def words(text: str) -> Iterator[str]:
    """The words of `text` as they stand there, in order."""
    return (match.group() for match in _WORD.finditer(text))


def terms(text: str) -> Iterator[str]:
    """The words that carry meaning, folded to one case, in order."""
    for word in words(text):
        folded = word.casefold()
        if len(folded) >= _SHORTEST_TERM and folded not in STOP_WORDS:
            yield folded


def sentences(text: str) -> Iterator[str]:
    """The sentences of `text` in order, each on one line."""
    for piece in _SENTENCE_END.split(text):
        sentence = " ".join(piece.split())
        if sentence:
            yield sentence


def without_word(text: str, word: str, gap: str) -> str:
    """`text` with `gap` in each place where `word` stands, in whatever case."""
    folded = word.casefold()
    return _WORD.sub(lambda match: gap if match.group().casefold() == folded else match.group(), text)
