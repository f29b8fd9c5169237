from __future__ import annotations

import pytest
from tests.support.releases.definitions import digest

from studyctl.domain.release.images import Image, ImageReference, parse_choice
from studyctl.errors import UsageError

D = digest("a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v42", ImageReference(tag="v42")),
        (D, ImageReference(digest=D)),
        ("host/name:v42", ImageReference(tag="v42", repository="host/name")),
        ("host:5000/name:v42", ImageReference(tag="v42", repository="host:5000/name")),
        (f"host:5000/name@{D}", ImageReference(digest=D, repository="host:5000/name")),
        (f"host:5000/name:v42@{D}", ImageReference(digest=D, repository="host:5000/name")),
    ],
)
def test_references(text: str, expected: ImageReference) -> None:
    assert ImageReference.parse(text) == expected


@pytest.mark.parametrize("text", ["", "host/name", "host:5000/name", "name@sha256:1234", ":v1", "-v1", "a b", "v1\n"])
def test_what_names_no_image_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no image"):
        ImageReference.parse(text)


def test_a_choice_names_its_service_as_the_file_does() -> None:
    assert parse_choice("outbox-relay=v1") == ("outbox_relay", ImageReference(tag="v1"))
    with pytest.raises(UsageError, match="which service"):
        parse_choice("v1")


def test_an_image_is_a_repository_and_a_digest() -> None:
    assert str(Image.parse(f"host/name@{D}")) == f"host/name@{D}"
    assert Image.parse("host/name:v1") is None
