"""Which image is meant: what a person writes, and the one exact image that it is found to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from studyctl.errors import Refused, UsageError

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_EXAMPLE = "Write a tag (v42), a digest (sha256:...), or either behind a repository: REPOSITORY:v42."


@dataclass(frozen=True)
class Image:
    """One exact image. A tag can be moved to another image, a digest cannot."""

    repository: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> Image | None:
        """Read `repository@sha256:...`; nothing when the text names no digest."""
        repository, at, digest = text.rpartition("@")
        return cls(repository, digest) if at and repository and DIGEST.fullmatch(digest) else None

    @property
    def short(self) -> str:
        """Enough of the digest to tell images apart on a screen."""
        return self.digest.removeprefix("sha256:")[:12]

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}"


@dataclass(frozen=True)
class ImageReference:
    """An image as a person names it; exactly one of `tag` and `digest`. No repository: the platform's own."""

    tag: str | None = None
    digest: str | None = None
    repository: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Read a tag, a digest, or one of them behind a repository.

        Raises:
            UsageError: it is none of them.
        """
        if DIGEST.fullmatch(text):
            return cls(digest=text)
        if TAG.fullmatch(text):
            return cls(tag=text)
        repository, at, digest = text.rpartition("@")
        if at and repository and DIGEST.fullmatch(digest):
            return cls(digest=digest, repository=_without_tag(repository))
        repository, colon, tag = text.rpartition(":")
        if colon and repository and "@" not in repository and TAG.fullmatch(tag):
            return cls(tag=tag, repository=repository)
        raise UsageError(f"{text!r} names no image", why="It has neither a tag nor a digest.", hint=_EXAMPLE)

    def __str__(self) -> str:
        name = self.digest or self.tag or ""
        return f"{self.repository}{'@' if self.digest else ':'}{name}" if self.repository else name


def parse_choice(text: str) -> tuple[str, ImageReference]:
    """Read `service=REFERENCE`, as `--image` takes it.

    Raises:
        UsageError: it is not of that form.
    """
    service, equals, reference = text.partition("=")
    if not equals or not service:
        raise UsageError(
            f"--image {text!r} does not say which service it is for", hint="Write --image SERVICE=REFERENCE, api=v42."
        )
    return service.replace("-", "_"), ImageReference.parse(reference)


def same_elsewhere(images: Mapping[str, str]) -> dict[str, ImageReference]:
    """What each service of a release ran, `repository@sha256:...`, as it is named where that repository is not.

    Raises:
        Refused: an image has no digest.
    """
    return {service: _same_elsewhere(text) for service, text in images.items()}


def _same_elsewhere(text: str) -> ImageReference:
    image = Image.parse(text)
    if image is None:
        raise Refused(
            f"{text} names no digest, so it cannot be said to be the same image elsewhere",
            hint="Release it by tag or digest: both are kept as a digest.",
        )
    return ImageReference(digest=image.digest)


def _without_tag(repository: str) -> str:
    """`host:5000/name:tag` -> `host:5000/name`: a digest says more than the tag before it."""
    head, slash, name = repository.rpartition("/")
    return f"{head}{slash}{name.partition(':')[0]}"
