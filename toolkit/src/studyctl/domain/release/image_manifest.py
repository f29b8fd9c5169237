"""What an image consists of, as its manifest says: other manifests, or layers and a configuration.

A manifest's digest is that of its bytes, so an image that is copied without a change of any byte keeps its digest.
Source: OCI Image Specification 1.1, 'Image Manifest' and 'Image Index'; Docker's types of the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""Of what names a manifest for each architecture."""
IMAGE_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class Manifest:
    """A manifest as a registry keeps it, to the byte."""

    digest: str
    media_type: str
    text: str

    @property
    def is_intact(self) -> bool:
        """Whether the text is the one that the digest names."""
        return self.digest == f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    @property
    def manifests(self) -> tuple[str, ...]:
        """Digests of the manifests that it names; none unless it is an index."""
        if self.media_type not in INDEX_TYPES:
            return ()
        return tuple(dict.fromkeys(_digests(self._content.get("manifests"))))

    @property
    def blobs(self) -> tuple[str, ...]:
        """Digests of its layers and its configuration; none where it is an index."""
        if self.media_type in INDEX_TYPES:
            return ()
        return tuple(dict.fromkeys((*_digests(self._content.get("layers")), *_digests([self._content.get("config")]))))

    @cached_property
    def _content(self) -> Mapping[str, Any]:
        content = json.loads(self.text)
        return content if isinstance(content, dict) else {}


def _digests(descriptors: Any) -> Iterator[str]:
    for one in descriptors if isinstance(descriptors, list) else ():
        if isinstance(one, dict) and "digest" in one:
            yield str(one["digest"])
