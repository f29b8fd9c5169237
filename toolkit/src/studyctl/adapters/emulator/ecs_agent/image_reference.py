"""The name of an image, as a container definition says it, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True)
class ImageReference:
    """`account` and `region` are empty when the registry is not ECR."""

    text: str
    repository: str
    tag: str = ""
    digest: str = ""
    account: str = ""
    region: str = ""


def parse_image(text: str) -> ImageReference:
    """Read `REGISTRY/REPOSITORY:TAG@DIGEST`, of which only the repository must be there."""
    name, _, digest = text.partition("@")
    registry, slash, rest = name.partition("/")
    ecr = _ECR.fullmatch(registry) if slash else None
    path = rest if ecr else name
    repository, colon, tag = path.rpartition(":")
    if not colon or "/" in tag:  # the colon of a registry's port
        repository, tag = path, ""
    return ImageReference(
        text=text,
        repository=repository,
        tag=tag or ("" if digest else "latest"),
        digest=digest,
        account=ecr["account"] if ecr else "",
        region=ecr["region"] if ecr else "",
    )
