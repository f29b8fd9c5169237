"""Encrypts plans so that only who has the key can read or make one: AES-256-GCM, the manifest as associated data.

A changed byte of the plan, of its manifest or of the seal, and a plan under another's manifest, do not open.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from studyctl.errors import PreflightFailed, StalePlan

KEY_BYTES = 32
NONCE_BYTES = 12
LOCAL = "local"


class NotItsKey(Exception):
    """The key did not make this."""


class PlanKeys(Protocol):
    """Makes a key for one plan, and finds it again. `context` is part of the key: another one finds another key."""

    def new(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Return a fresh key, and what is kept beside the plan to find it again."""
        ...

    def find(self, kept: bytes, context: Mapping[str, str]) -> bytes:
        """Return the key that was made.

        Raises:
            NotItsKey: not with these keys, or not in this context.
        """
        ...


@dataclass(frozen=True)
class Seal:
    """What is kept beside a plan: how to find its key, and the nonce."""

    kept: bytes
    nonce: bytes

    def to_json(self) -> dict[str, str]:
        """Base64."""
        return {"key": base64.b64encode(self.kept).decode(), "nonce": base64.b64encode(self.nonce).decode()}

    @classmethod
    def from_json(cls, content: Mapping[str, str]) -> Seal:
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        try:
            kept, nonce = (base64.b64decode(content[name], validate=True) for name in ("key", "nonce"))
        except binascii.Error as broken:
            raise ValueError("no base64") from broken
        if len(nonce) != NONCE_BYTES:
            raise ValueError("a nonce of another size")
        return cls(kept, nonce)


def close(plain: bytes, about: bytes, keys: PlanKeys, context: Mapping[str, str]) -> tuple[bytes, Seal]:
    """Return the plan encrypted, bound to what is said about it."""
    key, kept = keys.new(context)
    nonce = os.urandom(NONCE_BYTES)
    return AESGCM(key).encrypt(nonce, plain, about), Seal(kept, nonce)


def reopen(content: bytes, about: bytes, seal: Seal, keys: PlanKeys, context: Mapping[str, str]) -> bytes:
    """Return the plan in plain text.

    Raises:
        StalePlan: plan, manifest or seal is not what was closed, or another key closed it.
    """
    try:
        return AESGCM(keys.find(seal.kept, context)).decrypt(seal.nonce, content, about)
    except (NotItsKey, InvalidTag, ValueError) as broken:
        raise StalePlan(
            "the plan or its manifest is not what was sealed",
            why="It was cut short, changed or exchanged since, or sealed for something else. Terraform never saw it.",
            hint=f"Make it anew: studyctl plan {context.get('environment', 'ENV')} --out FILE",
        ) from broken


@dataclass(frozen=True)
class LocalPlanKeys:
    """Keys of this checkout, derived from one secret in a file of mode 0600 that is made when first used."""

    path: Path

    def new(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Derive a key by a fresh salt."""
        salt = os.urandom(KEY_BYTES)
        return self._derived(self._secret(may_make=True), salt, context), salt

    def find(self, kept: bytes, context: Mapping[str, str]) -> bytes:
        """Derive it again; a wrong salt or context gives a key that opens nothing."""
        return self._derived(self._secret(may_make=False), kept, context)

    def _secret(self, *, may_make: bool) -> bytes:
        try:
            if may_make and not self.path.exists():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(os.urandom(KEY_BYTES))
            secret = self.path.read_bytes()
        except FileNotFoundError as missing:
            raise NotItsKey(f"there is no {self.path}") from missing
        except OSError as error:
            raise PreflightFailed(f"{self.path} cannot be used: {error.strerror}") from error
        if len(secret) != KEY_BYTES:
            raise PreflightFailed(
                f"{self.path} is no key: it has {len(secret)} bytes", hint=f"Remove it: rm {self.path}; then plan again"
            )
        return secret

    @staticmethod
    def _derived(secret: bytes, salt: bytes, context: Mapping[str, str]) -> bytes:
        info = "\n".join(f"{name}={context[name]}" for name in sorted(context)).encode()
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(secret)
