"""Questions from counting words: answerable, fair in form, and the same for the same text and seed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.study_text import STUDY_TEXT

from studyservices.errors import NotEnoughText
from studyservices.quiz.cloze import GAP, ClozeGenerator
from studyservices.text.words import words

SENTENCES = st.lists(
    st.lists(st.text(st.characters(categories=("Ll", "Lu")), min_size=1, max_size=12), min_size=6, max_size=14),
    max_size=8,
).map(lambda lines: " ".join(" ".join(["Ab", *line]) + "." for line in lines))


def test_as_many_questions_as_were_asked_for() -> None:
    assert [len(ClozeGenerator().generate(STUDY_TEXT, count=count, seed="s")) for count in (1, 3, 5)] == [1, 3, 5]


@given(SENTENCES, st.integers(1, 6), st.text(max_size=5))
def test_questions_can_be_answered_from_the_text(text: str, count: int, seed: str) -> None:
    try:
        questions = ClozeGenerator().generate(text, count=count, seed=seed)
    except NotEnoughText:
        return

    answers = [question.options[question.answer_index].casefold() for question in questions]
    assert 1 <= len(questions) <= count
    assert len(set(answers)) == len(answers)
    for question, answer in zip(questions, answers, strict=True):
        assert GAP in question.prompt
        source_words = {word.casefold() for word in words(question.source)}
        assert [option for option in question.options if option.casefold() in source_words] == [
            question.options[question.answer_index]
        ]
        assert answer not in {word.casefold() for word in words(question.prompt.removeprefix("Which word is missing?"))}
        assert question.source in text


def test_the_same_seed_gives_the_same_quiz_and_another_one_another_order() -> None:
    def options(seed: str) -> list[tuple[str, ...]]:
        return [question.options for question in ClozeGenerator().generate(STUDY_TEXT, count=5, seed=seed)]

    assert options("one") == options("one")
    assert options("one") != options("two")


@pytest.mark.parametrize("text", ["", "Short.", "the and of to in a " * 9, "word " * 50])
def test_too_little_to_ask_about_is_said(text: str) -> None:
    with pytest.raises(NotEnoughText) as refusal:
        ClozeGenerator().generate(text, count=3, seed="s")

    assert refusal.value.hint
