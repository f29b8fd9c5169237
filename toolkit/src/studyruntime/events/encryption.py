"""Encryption of single fields, so that a broker and its backups hold no text about a person in the clear."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pydantic_core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from studyruntime.errors import ConfigurationError, InvalidEvent

KEY_BYTES = 32
NONCE_BYTES = 12
"""NIST SP 800-38D: 96 random bits; one key must not see more than 2^32 fields."""
MARKER = "$encrypted"
_DERIVATION = b"studyruntime event fields, version 1"


@dataclass(frozen=True, slots=True)
class FieldKey:
    """A key and the id by which encrypted fields name it. The id is a fingerprint: nobody has to assign it."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"FieldKey(id={self.id!r})"

    @classmethod
    def parse(cls, text: str) -> FieldKey:
        """A key of 32 bytes in base64, or any other text of at least 16 characters, from which a key is derived.

        Raises:
            ConfigurationError: the text is too short to hide anything.
        """
        text = text.strip()
        if len(text) < MIN_SECRET_CHARACTERS:
            raise ConfigurationError(
                [f"EVENT_ENCRYPTION_KEY is shorter than {MIN_SECRET_CHARACTERS} characters"],
                hint="Make one with: openssl rand -base64 32",
            )
        decoded = _decode(text)
        return cls.derive(text) if decoded is None else cls._of(decoded)

    @classmethod
    def parse_all(cls, text: str) -> list[FieldKey]:
        """Keys separated by commas, the one to encrypt with first."""
        return [cls.parse(part) for part in text.split(",") if part.strip()]

    @classmethod
    def derive(cls, text: str) -> FieldKey:
        """A key of its own from a secret that serves another purpose; it tells nothing about that secret."""
        derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_DERIVATION)
        return cls._of(derivation.derive(text.encode()))

    @classmethod
    def _of(cls, secret: bytes) -> FieldKey:
        return cls(id=hashlib.sha256(b"key id" + secret).hexdigest()[:8], secret=secret)


MIN_SECRET_CHARACTERS = 16


def _decode(text: str) -> bytes | None:
    try:
        decoded = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if len(decoded) == KEY_BYTES else None


class FieldCipher:
    """AES-256-GCM over single fields. Encrypts with the first key, decrypts with any: put a new key first to rotate.

    A value is bound to its event and field: copied into another one it does not decrypt.
    """

    def __init__(self, keys: Sequence[FieldKey]) -> None:
        if not keys:
            raise ConfigurationError(["a cipher needs a key"], hint="Set EVENT_ENCRYPTION_KEY.")
        self._active_id = keys[0].id
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}

    @classmethod
    def parse(cls, text: str) -> FieldCipher:
        """Keys separated by commas, the one to encrypt with first."""
        return cls(FieldKey.parse_all(text))

    def encrypt(self, value: Any, *, event_id: str, field: str) -> dict[str, str]:
        """The value as it may travel: key id, nonce and ciphertext, marked as encrypted."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._active_id].encrypt(nonce, pydantic_core.to_json(value), _context(event_id, field))
        return {MARKER: f"{self._active_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"}

    def decrypt(self, value: object, *, event_id: str, field: str) -> Any:
        """The value that was encrypted for this event and field.

        Raises:
            InvalidEvent: no key of ours fits, or the value was changed or moved.
        """
        key_id, sealed = _open_envelope(value)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise InvalidEvent(
                f"field {field!r} of event {event_id} is encrypted with key {key_id}, which this process does not have",
                hint="Add the key to EVENT_ENCRYPTION_KEY after the active one and redeliver the event.",
            )
        try:
            plain = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _context(event_id, field))
        except (InvalidTag, ValueError):
            raise InvalidEvent(f"field {field!r} of event {event_id} was changed after it was encrypted") from None
        return pydantic_core.from_json(plain)


def is_encrypted(value: object) -> bool:
    """Whether a field of an event's data holds ciphertext."""
    return isinstance(value, dict) and MARKER in value


def _open_envelope(value: object) -> tuple[str, bytes]:
    sealed = value.get(MARKER) if isinstance(value, dict) else None
    if not isinstance(sealed, str):
        raise InvalidEvent("an encrypted field holds no ciphertext")
    key_id, _, encoded = sealed.partition(".")
    try:
        return key_id, base64.b64decode(encoded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidEvent("an encrypted field holds no base64") from None


def _context(event_id: str, field: str) -> bytes:
    return f"{len(event_id)}:{event_id}:{field}".encode()
