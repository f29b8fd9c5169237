"""The image registry: which exact image a tag means, and whether an image is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.domain.release.images import Image, ImageReference
from studyctl.errors import PreflightFailed, UsageError

_ECR = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>.+)")
ABSENT = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


@dataclass(frozen=True)
class EcrRegistry:
    """Asks ECR. `own_url` is the platform's repository, meant where no other is named."""

    ecr: Any
    own_url: str

    def resolve(self, reference: ImageReference) -> Image:
        """The exact image that a reference means now.

        Raises:
            PreflightFailed: there is no such image.
            UsageError: the repository is not in ECR.
        """
        repository = reference.repository or self.own_url
        found = self.digest_of(repository, tag=reference.tag, digest=reference.digest)
        if found is None:
            raise PreflightFailed(
                f"there is no image {reference}",
                why=f"{repository} does not have it. Nothing was changed.",
                hint=f"Push it first, or see what there is: aws ecr list-images --repository-name {_name(repository)}",
            )
        return Image(repository, found)

    def digest_of(self, repository: str, *, tag: str | None = None, digest: str | None = None) -> str | None:
        """The digest of an image; nothing when the repository has no such image."""
        match = parts_of(repository)
        wanted = {"imageDigest": digest} if digest else {"imageTag": tag}
        with asking(f"describe an image of {repository}"):
            try:
                answer = self.ecr.describe_images(
                    registryId=match["account"], repositoryName=match["name"], imageIds=[wanted]
                )
            except ClientError as refused:
                if code_of(refused) in ABSENT:
                    return None
                raise
        details = answer["imageDetails"]
        return str(details[0]["imageDigest"]) if details else None


def parts_of(repository: str) -> Mapping[str, str]:
    """Return `account`, `region` and `name` of a repository's URL.

    Raises:
        UsageError: the repository is not in ECR.
    """
    match = _ECR.fullmatch(repository)
    if match is None:
        raise UsageError(
            f"{repository} is not a repository of ECR",
            hint="Copy the image into the platform's repository and name it by tag or digest only.",
        )
    return match.groupdict()


def _name(repository: str) -> str:
    return repository.partition("/")[2] or repository
