"""What manifests name, and that none is believed whose bytes are others."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.release.image_manifest import IMAGE_TYPES, INDEX_TYPES, Manifest

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def manifest(media_type: str, content: object) -> Manifest:
    text = json.dumps(content)
    return Manifest(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", media_type, text)


@pytest.mark.parametrize("media_type", IMAGE_TYPES)
def test_an_image_names_its_layers_once_and_its_configuration(media_type: str) -> None:
    found = manifest(media_type, {"config": {"digest": C}, "layers": [{"digest": A}, {"digest": B}, {"digest": A}]})
    assert (found.blobs, found.manifests) == ((A, B, C), ())


@pytest.mark.parametrize("media_type", INDEX_TYPES)
def test_an_index_names_manifests_and_no_layers(media_type: str) -> None:
    found = manifest(media_type, {"manifests": [{"digest": A}, {"digest": B}, {"digest": A}]})
    assert (found.manifests, found.blobs) == ((A, B), ())


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_is_no_manifest_names_nothing_and_breaks_nothing(content: object) -> None:
    for media_type in (*IMAGE_TYPES, *INDEX_TYPES):
        found = manifest(media_type, content)
        assert found.is_intact
        assert isinstance((*found.blobs, *found.manifests), tuple)


@given(st.text(min_size=1), st.text())
def test_a_text_with_any_other_byte_is_not_intact(text: str, other: str) -> None:
    digest = manifest(IMAGE_TYPES[0], text).digest
    assert Manifest(digest, IMAGE_TYPES[0], json.dumps(other)).is_intact is (text == other)
