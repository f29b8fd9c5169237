"""One repository of ECR, manifest by manifest and layer by layer: what images are copied from and to.

ECR's own interface does what a registry's HTTP interface does, with the credentials that are there anyway.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.adapters.aws.registry import ABSENT, parts_of
from studyctl.domain.release.image_manifest import IMAGE_TYPES, INDEX_TYPES, Manifest
from studyctl.usecases.copy_image import Source
from studyctl.usecases.release_ports import NoAnswer

DOWNLOAD_TIMEOUT_SECONDS = 60.0
"""Without a byte."""
_THERE_ALREADY = frozenset({"LayerAlreadyExistsException", "ImageAlreadyExistsException"})


@dataclass(frozen=True)
class EcrRepository:
    """A repository by its URL. `ecr` is a client of its region, with credentials that may use it."""

    ecr: Any
    url: str

    def manifest(self, digest: str) -> Manifest | None:
        """A manifest; None where there is none of this digest.

        Raises:
            NoAnswer, PreflightFailed: AWS did not answer, or refused.
        """
        with asking(f"read an image of {self.url}"):
            try:
                answer = self.ecr.batch_get_image(
                    **self._place, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=[*IMAGE_TYPES, *INDEX_TYPES]
                )
            except ClientError as refused:
                if code_of(refused) in ABSENT:
                    return None
                raise
        found = answer.get("images", [])
        if not found:
            return None
        return Manifest(digest, str(found[0].get("imageManifestMediaType", "")), str(found[0]["imageManifest"]))

    def blob(self, digest: str, part_bytes: int) -> Iterator[bytes]:
        """A layer or a configuration, in parts.

        Raises:
            NoAnswer, PreflightFailed: AWS did not answer, or refused.
        """
        with asking(f"read a layer of {self.url}"):
            url = self.ecr.get_download_url_for_layer(**self._place, layerDigest=digest)["downloadUrl"]
        try:
            with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_SECONDS) as answer:  # noqa: S310 - AWS's own
                while part := answer.read(part_bytes):
                    yield part
        except OSError as broken:
            raise NoAnswer(f"a layer of {self.url} could not be read: {broken}") from broken

    def has(self, digest: str) -> bool:
        """Whether a manifest is there."""
        return self.manifest(digest) is not None

    def has_blob(self, digest: str) -> bool:
        """Whether a layer or configuration is there."""
        with asking(f"look for a layer in {self.url}"):
            answer = self.ecr.batch_check_layer_availability(**self._place, layerDigests=[digest])
        return any(each.get("layerAvailability") == "AVAILABLE" for each in answer.get("layers", []))

    def receive(self, digest: str, source: Source) -> None:
        """Store a layer or configuration; ECR refuses it when its digest is another one.

        Raises:
            NoAnswer, PreflightFailed: AWS did not answer, or refused.
        """
        what = f"store a layer in {self.url}"
        with asking(what):
            begun = self.ecr.initiate_layer_upload(**self._place)
        upload, first = begun["uploadId"], 0
        for part in source.blob(digest, int(begun["partSize"])):
            with asking(what):
                self.ecr.upload_layer_part(
                    **self._place,
                    uploadId=upload,
                    partFirstByte=first,
                    partLastByte=first + len(part) - 1,
                    layerPartBlob=part,
                )
            first += len(part)
        with asking(what):
            try:
                self.ecr.complete_layer_upload(**self._place, uploadId=upload, layerDigests=[digest])
            except ClientError as refused:
                if code_of(refused) not in _THERE_ALREADY:
                    raise

    def put(self, manifest: Manifest, tag: str | None) -> None:
        """Store a manifest; ECR refuses it when its digest is another one.

        Raises:
            NoAnswer, PreflightFailed: AWS did not answer, or refused.
        """
        with asking(f"store an image in {self.url}"):
            try:
                self.ecr.put_image(
                    **self._place,
                    imageManifest=manifest.text,
                    imageManifestMediaType=manifest.media_type,
                    imageDigest=manifest.digest,
                    **({} if tag is None else {"imageTag": tag}),
                )
            except ClientError as refused:
                if code_of(refused) not in _THERE_ALREADY:
                    raise

    @property
    def _place(self) -> dict[str, str]:
        parts = parts_of(self.url)
        return {"registryId": parts["account"], "repositoryName": parts["name"]}
