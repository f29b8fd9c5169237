"""Fill-the-gap questions by counting words: no model, and the same questions for the same text and seed."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studyservices.errors import NotEnoughText
from studyservices.quiz.question import Question
from studyservices.text.words import sentences, terms, without_word, words

GAP = "_____"
DISTRACTORS = 3
_MIN_SENTENCE_WORDS = 6
_MAX_SENTENCE_CHARS = 320


@dataclass(frozen=True)
class _Candidate:
    """A sentence with the term that would be taken out of it."""

    position: int
    sentence: str
    term: str
    score: float


class ClozeGenerator:
    """Takes the most telling word out of the most telling sentences, and offers other words of the text beside it."""

    def generate(self, text: str, *, count: int, seed: str) -> Sequence[Question]:
        """At most `count` questions in the order of the text, no two with the same answer.

        Raises:
            NotEnoughText: there is no sentence to ask about, or no two other words to offer.
        """
        counts = Counter(terms(text))
        surfaces = _surfaces(text)
        questions: list[Question] = []
        for candidate in sorted(_chosen(text, counts, count), key=lambda each: each.position):
            question = _question(candidate, counts, surfaces, seed)
            if question is not None:
                questions.append(question)
        if not questions:
            raise NotEnoughText(
                "there is not enough text to ask about", hint="A few sentences with different words are needed."
            )
        return questions


def _candidates(text: str, counts: Mapping[str, int]) -> Iterator[_Candidate]:
    for position, sentence in enumerate(dict.fromkeys(sentences(text))):
        present = set(terms(sentence))
        if len(list(words(sentence))) < _MIN_SENTENCE_WORDS or len(sentence) > _MAX_SENTENCE_CHARS or not present:
            continue
        for term in present:
            yield _Candidate(position, sentence, term, _salience(term, counts))


def _salience(term: str, counts: Mapping[str, int]) -> float:
    """Long words that come back are what a text is about; one that is everywhere is only its subject's name."""
    return math.log(1 + min(counts[term], 6)) * math.log(len(term))


def _chosen(text: str, counts: Mapping[str, int], count: int) -> Iterator[_Candidate]:
    """The best candidates: each sentence once, each term once."""
    used_sentences: set[int] = set()
    used_terms: set[str] = set()
    for candidate in sorted(_candidates(text, counts), key=lambda each: (-each.score, each.position, each.term)):
        if len(used_sentences) == count:
            return
        if candidate.position not in used_sentences and candidate.term not in used_terms:
            used_sentences.add(candidate.position)
            used_terms.add(candidate.term)
            yield candidate


def _question(
    candidate: _Candidate, counts: Mapping[str, int], surfaces: Mapping[str, str], seed: str
) -> Question | None:
    answer = surfaces[candidate.term]
    present = set(terms(candidate.sentence))
    others = [term for term in counts if term not in present]
    others.sort(key=lambda term: (_unlikeness(surfaces[term], answer), _shuffled(seed, candidate.sentence, term)))
    distractors = [surfaces[term] for term in others[:DISTRACTORS]]
    if len(distractors) < DISTRACTORS - 1:
        return None
    options = sorted({answer, *distractors}, key=lambda option: _shuffled(seed, candidate.term, option))
    gapped = without_word(candidate.sentence, candidate.term, GAP)
    return Question(
        prompt=f"Which word is missing? {gapped}",
        options=tuple(options),
        answer_index=options.index(answer),
        source=candidate.sentence,
    )


def _unlikeness(surface: str, answer: str) -> int:
    """A wrong option of another length or case gives itself away."""
    return abs(len(surface) - len(answer)) // 2 + 2 * (surface[0].isupper() != answer[0].isupper())


def _surfaces(text: str) -> dict[str, str]:
    """How each term is mostly written: `photosynthesis`, but `Calvin`."""
    written: dict[str, Counter[str]] = {}
    for word in words(text):
        written.setdefault(word.casefold(), Counter())[word] += 1
    return {
        term: min(surfaces, key=lambda surface: (-surfaces[surface], surface)) for term, surfaces in written.items()
    }


def _shuffled(*parts: str) -> bytes:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
