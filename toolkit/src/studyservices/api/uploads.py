"""Take an upload apart: its name, its type and its bytes, each checked before anything is stored."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from studyruntime.errors import RuntimeFailure
from studyservices.text.extraction import ACCEPTED_TYPES, PDF, is_pdf

MAX_FILENAME_CHARS = 200
UNNAMED = "document"
_NAMESPACE = uuid.UUID("8f3d2c52-6f4b-5d3e-9a35-5b8f1c7e9d10")
_TYPE_BY_SUFFIX = {".pdf": PDF, ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv"}
_UNTOLD_TYPES = ("", "application/octet-stream")


class UploadRefused(RuntimeFailure):
    """An upload that is not taken."""


class EmptyUpload(UploadRefused):
    """There is nothing in it."""


class UploadTooLarge(UploadRefused):
    """It is larger than what is read here."""


class TypeNotRead(UploadRefused):
    """Nobody here reads files of its type."""


@dataclass(frozen=True)
class Upload:
    """A file that may be stored."""

    filename: str
    content_type: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def check_upload(filename: str | None, content_type: str | None, data: bytes, *, max_bytes: int) -> Upload:
    """The upload, if it may be stored.

    Raises:
        UploadRefused: it is empty, too large, or of a type that is not read here.
    """
    if not data:
        raise EmptyUpload("the file is empty", hint="Choose another one.")
    if len(data) > max_bytes:
        raise UploadTooLarge(f"the file is larger than {max_bytes:,} bytes", hint="Upload it in parts.")
    name = clean_filename(filename)
    found = _content_type(name, content_type, data)
    if found not in ACCEPTED_TYPES:
        accepted = ", ".join(ACCEPTED_TYPES)
        raise TypeNotRead(f"files of type {found} are not read here", hint=f"One of: {accepted}.")
    return Upload(name, found, data)


def clean_filename(filename: str | None) -> str:
    """The last part of a path of whatever system, without control characters, cut to a length that fits."""
    name = unicodedata.normalize("NFC", (filename or "").encode("utf-8", "replace").decode())
    name = PurePosixPath(PureWindowsPath(name).as_posix()).name
    printable = "".join(" " if unicodedata.category(each).startswith("C") else each for each in name)
    name = re.sub(r"\s+", " ", printable).strip(" .")
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if len(name) > MAX_FILENAME_CHARS:
        name = stem[: MAX_FILENAME_CHARS - len(suffix[:10])] + suffix[:10]
    return name or UNNAMED


def document_id(user_id: str, idempotency_key: str | None, sha256: str) -> uuid.UUID:
    """A new id, or always the same one for a file that a user sends again because he got no answer.

    The content is part of it: whatever a key is used for twice, no file takes the place of another.
    """
    if idempotency_key is None:
        return uuid.uuid4()
    return uuid.uuid5(_NAMESPACE, "\x1f".join((user_id, idempotency_key, sha256)))


def _content_type(filename: str, told: str | None, data: bytes) -> str:
    """What the file is: a PDF by its bytes, else what the client says, else what the name says."""
    if is_pdf(data):
        return PDF
    plain = (told or "").partition(";")[0].strip().lower()
    return _TYPE_BY_SUFFIX.get(PurePosixPath(filename).suffix.lower(), plain) if plain in _UNTOLD_TYPES else plain
