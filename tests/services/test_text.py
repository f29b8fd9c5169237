"""Text of uploads: what can be read is read, what cannot is refused with the fix, and cutting loses nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.pdf import encrypted_pdf, pdf_of

from studyservices.errors import UnreadableDocument
from studyservices.text.chunks import chunks
from studyservices.text.extraction import PDF, extract_text, normalise
from studyservices.text.words import sentences, without_word, words

PAGES = ["Chlorophyll absorbs light.", "The Calvin cycle fixes carbon."]


def test_text_of_every_page_of_a_pdf_is_read() -> None:
    text = extract_text(pdf_of(PAGES), PDF)

    assert [line for line in text.splitlines() if line] == PAGES


def test_a_pdf_is_known_by_its_bytes_whatever_it_was_called() -> None:
    assert extract_text(pdf_of(PAGES), "text/plain") == extract_text(pdf_of(PAGES), PDF)


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (b"", "text/plain", "holds no text"),
        (b" \n\t ", "text/plain", "holds no text"),
        (b"\xff\xfe\xfd", "text/plain", "is not utf-16"),
        (b"caf\xe9", "text/plain", "is not utf-8 text"),
        (b"a\x00b", "text/plain", "is binary"),
        (b"just words", PDF, "is not a PDF"),
        (b"%PDF-1.7\nnothing else", PDF, "PDF"),
        (pdf_of(PAGES)[:200], PDF, "PDF"),
        (encrypted_pdf(PAGES, password="secret"), PDF, "protected by a password"),  # noqa: S106
        (pdf_of([""]), PDF, "holds no text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason) as refusal:
        extract_text(data, content_type)

    assert refusal.value.hint


def test_a_pdf_that_only_forbids_printing_is_read() -> None:
    assert extract_text(encrypted_pdf(PAGES, password=""), PDF).startswith("Chlorophyll")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for candidate, content_type in ((data, "text/plain"), (b"%PDF-1.4\n" + data, PDF)):
        try:
            text = extract_text(candidate, content_type)
        except UnreadableDocument:
            continue
        assert text and "\x00" not in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@given(text=st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1))
def test_text_is_read_in_every_unicode_encoding_that_says_what_it_is(encoding: str, text: str) -> None:
    assert extract_text(text.encode(encoding), "text/plain") == normalise(text)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(st.text(), st.integers(1, 60), st.data())
def test_chunks_hold_every_character_and_fit(text: str, max_chars: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, (max_chars - 1) // 2))

    cut = list(chunks(text, max_chars=max_chars, overlap_chars=overlap))

    covered = {place for chunk in cut for place in range(chunk.start, chunk.end)}
    assert all(text[place].isspace() for place in range(len(text)) if place not in covered)
    assert all(chunk.text == text[chunk.start : chunk.end] and 0 < len(chunk.text) <= max_chars for chunk in cut)
    assert [chunk.ordinal for chunk in cut] == list(range(len(cut)))
    assert all(after.start > before.start and before.end - after.start <= overlap for before, after in pairwise(cut))


@pytest.mark.parametrize("overlap", [-1, 50, 100])
def test_an_overlap_that_would_never_end_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        next(chunks("text", max_chars=100, overlap_chars=overlap))


def test_a_cut_is_made_after_a_paragraph_rather_than_in_a_sentence() -> None:
    first, second = chunks("One line of text. Another.\n\nThe second paragraph is here.", max_chars=40, overlap_chars=0)

    assert first.text == "One line of text. Another.\n\n"
    assert second.text == "The second paragraph is here."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Light falls. Plants grow!  Do they? Yes", ["Light falls.", "Plants grow!", "Do they?", "Yes"]),
        ("Pi is 3.14 or so. e.g. this goes on", ["Pi is 3.14 or so. e.g. this goes on"]),
        ("A title\n\nand a\nbroken line.", ["A title", "and a broken line."]),
        ('"Stop." He left.', ['"Stop.', "He left."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


def test_words_keep_hyphens_and_apostrophes() -> None:
    assert list(words("The cell's ATP-driven pump, 42 times")) == ["The", "cell's", "ATP-driven", "pump", "times"]


def test_a_word_is_taken_out_in_every_case_and_nowhere_inside_another() -> None:
    assert without_word("Cells divide; CELLS grow in Cellsville", "cells", "_") == "_ divide; _ grow in Cellsville"
