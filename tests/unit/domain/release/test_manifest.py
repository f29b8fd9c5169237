from __future__ import annotations

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.support.releases.definitions import REPOSITORY, digest

from studyctl.domain.release.manifest import Manifest, parse_manifest, require_listed
from studyctl.errors import Refused, UsageError

KEY = "alias/study-images"
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
HEX = "0123456789abcdef"
MANIFESTS = st.builds(
    Manifest,
    commit=st.text(max_size=20),
    images=st.dictionaries(st.text(max_size=8), st.sampled_from([digest(letter) for letter in HEX]), min_size=1),
)


class OneKey:
    """A real signature, by the one key there is."""

    def is_signed(self, key: str, message: bytes, signature: bytes) -> bool:
        try:
            PRIVATE.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return key == KEY


def signed(manifest: Manifest) -> Manifest:
    signature = base64.b64encode(PRIVATE.sign(manifest.signed_bytes)).decode()
    return manifest.model_copy(update={"signature": signature})


def images_of(manifest: Manifest) -> list[str]:
    return [f"{REPOSITORY}@{found}" for found in manifest.images.values()]


@given(MANIFESTS)
def test_what_was_built_and_signed_is_released(manifest: Manifest) -> None:
    read = parse_manifest(signed(manifest).model_dump_json(), "build.json")
    require_listed(images_of(manifest), read, key=KEY, signatures=OneKey())


@given(MANIFESTS, MANIFESTS)
def test_f99_a_signature_is_good_for_nothing_but_what_was_signed(manifest: Manifest, other: Manifest) -> None:
    forged = other.model_copy(update={"signature": signed(manifest).signature})
    if forged.signed_bytes == manifest.signed_bytes:
        return
    with pytest.raises(Refused, match="was not signed with"):
        require_listed(images_of(other), forged, key=KEY, signatures=OneKey())


@pytest.mark.parametrize("signature", ["", "no base64!", base64.b64encode(b"x" * 64).decode()])
def test_f99_a_bad_signature_is_refused(signature: str) -> None:
    manifest = Manifest(commit="c0ffee", images={"app": digest("a")}, signature=signature)
    with pytest.raises(Refused, match="was not signed with"):
        require_listed(images_of(manifest), manifest, key=KEY, signatures=OneKey())


@pytest.mark.parametrize("key", [KEY, None])
@given(manifest=MANIFESTS)
def test_f99_an_image_that_is_not_in_it_is_refused(key: str | None, manifest: Manifest) -> None:
    stranger = next(digest(letter) for letter in HEX if digest(letter) not in manifest.images.values() or letter == "f")
    if stranger in manifest.images.values():
        return
    with pytest.raises(Refused, match="is not in the manifest"):
        require_listed([f"{REPOSITORY}@{stranger}"], signed(manifest), key=key, signatures=OneKey())


def test_f99_without_a_manifest_nothing_is_released_where_a_key_is_named() -> None:
    require_listed([f"{REPOSITORY}@{digest('a')}"], None, key=None, signatures=OneKey())
    with pytest.raises(Refused, match="none was given"):
        require_listed([f"{REPOSITORY}@{digest('a')}"], None, key=KEY, signatures=OneKey())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"commit": "c", "images": {"app": "latest"}},
        {"commit": "c", "images": {"app": digest("a")}, "surprise": 1},
        [],
    ],
)
def test_what_is_no_manifest_is_told_with_its_place(document: object) -> None:
    with pytest.raises(UsageError, match=r"build\.json is no manifest"):
        parse_manifest(json.dumps(document), "build.json")
