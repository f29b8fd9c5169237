"""An image goes from one registry to another to the byte, and nothing goes twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.release.image_manifest import IMAGE_TYPES, INDEX_TYPES, Manifest
from studyctl.domain.release.images import Image
from studyctl.errors import PreflightFailed
from studyctl.usecases.copy_image import Copied, Source, copy_image

PART_BYTES = 4


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Registry:
    """A repository in memory that refuses what a real one refuses."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def manifest(self, digest: str) -> Manifest | None:
        return self.manifests.get(digest)

    def blob(self, digest: str, part_bytes: int) -> Iterator[bytes]:
        content = self.blobs[digest]
        yield from (content[at : at + part_bytes] for at in range(0, len(content), part_bytes))

    def has(self, digest: str) -> bool:
        return digest in self.manifests

    def has_blob(self, digest: str) -> bool:
        return digest in self.blobs

    def receive(self, digest: str, source: Source) -> None:
        assert digest not in self.blobs, "sent twice"
        content = b"".join(source.blob(digest, PART_BYTES))
        assert digest_of(content) == digest
        self.blobs[digest] = content

    def put(self, manifest: Manifest, tag: str | None) -> None:
        assert manifest.is_intact
        assert set(manifest.blobs) <= set(self.blobs)
        assert set(manifest.manifests) <= set(self.manifests)
        self.manifests[manifest.digest] = manifest
        if tag is not None:
            assert self.tags.setdefault(tag, manifest.digest) == manifest.digest, "tags are immutable"

    def push(self, layers: list[bytes]) -> str:
        """An image of these layers; its digest."""
        for content in layers:
            self.blobs[digest_of(content)] = content
        *rest, config = map(digest_of, layers)
        return self._keep(IMAGE_TYPES[0], {"config": {"digest": config}, "layers": [{"digest": each} for each in rest]})

    def index(self, digests: list[str]) -> str:
        """An image for several architectures; its digest."""
        return self._keep(INDEX_TYPES[0], {"manifests": [{"digest": each} for each in digests]})

    def _keep(self, media_type: str, content: object) -> str:
        text = json.dumps(content)
        digest = digest_of(text.encode())
        self.manifests[digest] = Manifest(digest, media_type, text)
        return digest


def image(digest: str) -> Image:
    return Image("111122223333.dkr.ecr.us-east-1.amazonaws.com/study-staging/app", digest)


LAYERS = st.lists(st.binary(max_size=9), min_size=1, max_size=4, unique=True)


@given(st.lists(LAYERS, min_size=1, max_size=3), st.data())
def test_everything_arrives_under_its_digest_whatever_is_there_already(
    images: list[list[bytes]], data: st.DataObject
) -> None:
    source, target = Registry(), Registry()
    digests = [source.push(layers) for layers in images]
    wanted = source.index(digests) if len(digests) > 1 else digests[0]
    for digest in data.draw(st.sets(st.sampled_from(sorted(source.blobs)))):
        target.blobs[digest] = source.blobs[digest]
    missing = len(source.blobs) - len(target.blobs)

    assert copy_image(image(wanted), source, target) == Copied(len(source.manifests), missing)
    assert (target.manifests, target.blobs) == (source.manifests, source.blobs)
    assert target.tags == {f"promoted-{image(wanted).short}": wanted}
    assert copy_image(image(wanted), source, target) == Copied()


def test_an_image_that_is_gone_is_told_with_what_to_do() -> None:
    with pytest.raises(PreflightFailed, match="is not there") as failed:
        copy_image(image(f"sha256:{'a' * 64}"), Registry(), Registry())
    assert "aws ecr list-images --repository-name study-staging/app" in failed.value.hint


def test_a_manifest_that_was_tampered_with_is_refused_and_nothing_is_stored() -> None:
    source, target = Registry(), Registry()
    digest = source.push([b"layer", b"config"])
    source.manifests[digest] = Manifest(digest, IMAGE_TYPES[0], source.manifests[digest].text + " ")
    with pytest.raises(PreflightFailed, match="is not what its digest names"):
        copy_image(image(digest), source, target)
    assert (target.manifests, target.blobs) == ({}, {})
