"""Bring one exact image from one registry into another; what is there already is not sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from studyctl.domain.release.image_manifest import Manifest
from studyctl.domain.release.images import Image
from studyctl.errors import PreflightFailed


class Source(Protocol):
    """The repository that has the image."""

    def manifest(self, digest: str) -> Manifest | None:
        """A manifest; None where there is none of this digest."""
        ...

    def blob(self, digest: str, part_bytes: int) -> Iterator[bytes]:
        """A layer or a configuration, in parts of this size and a smaller last one."""
        ...


class Target(Protocol):
    """The repository that gets it."""

    def has(self, digest: str) -> bool:
        """Whether a manifest is there."""
        ...

    def has_blob(self, digest: str) -> bool:
        """Whether a layer or configuration is there."""
        ...

    def receive(self, digest: str, source: Source) -> None:
        """Store a layer or configuration; the registry sees to it that it has this digest."""
        ...

    def put(self, manifest: Manifest, tag: str | None) -> None:
        """Store a manifest, of which everything is there."""
        ...


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was sent: manifests and blobs. Nothing where the image was there."""

    manifests: int = 0
    blobs: int = 0

    def __add__(self, other: Copied) -> Copied:
        """Both together."""
        return Copied(self.manifests + other.manifests, self.blobs + other.blobs)


def copy_image(image: Image, source: Source, target: Target) -> Copied:
    """Copy an image and everything that it names. It gets a tag, as registries forget what has none.

    Raises:
        PreflightFailed: the source has no such image, or not the bytes that its digest names.
    """
    return _copy(image, image.digest, source, target, tag=f"promoted-{image.short}")


def _copy(image: Image, digest: str, source: Source, target: Target, *, tag: str | None = None) -> Copied:
    if target.has(digest):
        return Copied()
    manifest = source.manifest(digest)
    if manifest is None or not manifest.is_intact:
        what = "is not there" if manifest is None else "is not what its digest names"
        raise PreflightFailed(
            f"{image} cannot be copied: {digest} {what}",
            why="It was proven, and may have been removed since. Nothing was released.",
            hint="Release and prove it there again, or see what there is: "
            f"aws ecr list-images --repository-name {image.repository.partition('/')[2]}",
        )
    sent = Copied()
    for child in manifest.manifests:
        sent += _copy(image, child, source, target)
    for blob in manifest.blobs:
        if not target.has_blob(blob):
            target.receive(blob, source)
            sent += Copied(blobs=1)
    target.put(manifest, tag)
    return sent + Copied(manifests=1)
