"""Uploads: names are made harmless, types are told by the bytes, and what is not taken is refused with its status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.pdf import pdf_of

from studyservices.api.uploads import (
    MAX_FILENAME_CHARS,
    EmptyUpload,
    TypeNotRead,
    UploadRefused,
    UploadTooLarge,
    check_upload,
    clean_filename,
    document_id,
)

LIMIT = 10_000
A_PDF = pdf_of(["Text."])


@given(st.text(max_size=400))
def test_a_name_is_one_line_without_folders(name: str) -> None:
    cleaned = clean_filename(name)

    assert 1 <= len(cleaned) <= MAX_FILENAME_CHARS
    assert not set(cleaned) & set("/\\\x00\n\r\t")
    assert cleaned not in (".", "..")
    assert clean_filename(cleaned) == cleaned


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\a\notes.pdf", "notes.pdf"),
        ("a\r\nb.txt", "a b.txt"),
        ("..", "document"),
        (None, "document"),
        ("é.pdf", "é.pdf"),
        ("x" * 300 + ".pdf", "x" * (MAX_FILENAME_CHARS - 4) + ".pdf"),
    ],
)
def test_the_last_part_of_a_path_is_its_name(name: str | None, cleaned: str) -> None:
    assert clean_filename(name) == cleaned


@pytest.mark.parametrize(
    ("name", "told", "data", "found"),
    [
        ("a.pdf", "application/pdf", A_PDF, "application/pdf"),
        ("a.txt", "text/plain", A_PDF, "application/pdf"),
        ("a.txt", "text/plain; charset=utf-8", b"text", "text/plain"),
        ("a.md", "application/octet-stream", b"text", "text/markdown"),
        ("a.csv", None, b"text", "text/csv"),
    ],
)
def test_the_type_is_told_by_the_bytes_then_the_client_then_the_name(
    name: str, told: str | None, data: bytes, found: str
) -> None:
    assert check_upload(name, told, data, max_bytes=LIMIT).content_type == found


@pytest.mark.parametrize(
    ("name", "told", "data", "refusal"),
    [
        ("a.txt", "text/plain", b"", EmptyUpload),
        ("a.txt", "text/plain", b"x" * (LIMIT + 1), UploadTooLarge),
        ("a.png", "image/png", b"png", TypeNotRead),
        ("a.html", "text/html", b"<p>", TypeNotRead),
        ("a", None, b"text", TypeNotRead),
        ("a.exe", "application/octet-stream", b"MZ", TypeNotRead),
    ],
)
def test_what_is_not_taken_is_refused_by_its_kind(
    name: str, told: str | None, data: bytes, refusal: type[UploadRefused]
) -> None:
    with pytest.raises(refusal) as refused:
        check_upload(name, told, data, max_bytes=LIMIT)

    assert refused.value.hint


def test_a_file_sent_again_with_its_key_is_the_same_document() -> None:
    once = document_id("one", "key", "digest")

    assert document_id("one", "key", "digest") == once
    others = [("two", "key", "digest"), ("one", "other", "digest"), ("one", "key", "another")]
    assert len({once, *(document_id(*other) for other in others)}) == 4
    assert document_id("one", None, "digest") != document_id("one", None, "digest")
