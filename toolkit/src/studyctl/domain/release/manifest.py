"""What a pipeline says that it built, signed: only what is in it may be released where a key is named.

A manifest is JSON: {"commit": ..., "images": {"app": "sha256:..."}, "signature": "base64"}. What is signed is the
document without its signature, keys sorted, without spaces.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from studyctl.domain.release.images import DIGEST, Image
from studyctl.errors import Refused, UsageError

_HINT = "Release what the pipeline built and signed, with the manifest of that build: --manifest FILE"


class Manifest(BaseModel):
    """The images of one build, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    images: dict[str, Annotated[str, StringConstraints(pattern=f"^{DIGEST.pattern}$")]]
    signature: str = ""

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is of."""
        content = {"commit": self.commit, "images": self.images}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @property
    def signature_bytes(self) -> bytes:
        """The signature; empty when it is no base64, which no key ever made."""
        try:
            return base64.b64decode(self.signature, validate=True)
        except binascii.Error:
            return b""


class Signatures(Protocol):
    """Knows the keys."""

    def is_signed(self, key: str, message: bytes, signature: bytes) -> bool:
        """Whether that key made the signature of the message."""
        ...


def parse_manifest(text: str, origin: str) -> Manifest:
    """Read a manifest.

    Raises:
        UsageError: it is none.
    """
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as wrong:
        problem = wrong.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise UsageError(f"{origin} is no manifest: {where}: {problem['msg']}", hint=_HINT) from wrong


def require_listed(
    images: Iterable[str], manifest: Manifest | None, *, key: str | None, signatures: Signatures
) -> None:
    """Stop unless every image is one that was built; `key` is the environment's, None where it asks for no signature.

    Raises:
        Refused: no manifest where one is needed, a signature that the key did not make, or an image that is not in it.
    """
    if manifest is None:
        if key is not None:
            raise Refused(
                "this environment takes only images of a signed manifest, and none was given",
                why=f"Its file names the key {key}. Nothing was changed.",
                hint=_HINT,
            )
        return
    if key is not None and not signatures.is_signed(key, manifest.signed_bytes, manifest.signature_bytes):
        raise Refused(
            f"the manifest was not signed with {key}",
            why="It was changed after it was signed, or somebody else made it. Nothing was changed.",
            hint=_HINT,
        )
    listed = set(manifest.images.values())
    strangers = [text for text in images if (image := Image.parse(text)) is None or image.digest not in listed]
    if strangers:
        raise Refused(
            f"{strangers[0]} is not in the manifest",
            why=f"It lists {', '.join(sorted(listed)) or 'nothing'}. Nothing was changed.",
            hint=_HINT,
        )
