"""Keys for plans from KMS: a data key for each, which KMS gives back only for the same environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.adapters.plan_seal import NotItsKey

_NOT_ITS = frozenset(
    {"InvalidCiphertextException", "IncorrectKeyException", "NotFoundException", "ValidationException"}
)


@dataclass(frozen=True)
class KmsPlanKeys:
    """Data keys under one key of KMS, told by alias or ARN."""

    kms: Any
    key: str

    def new(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Ask for a data key."""
        with asking(f"make a data key with {self.key}"):
            made = self.kms.generate_data_key(KeyId=self.key, KeySpec="AES_256", EncryptionContext=dict(context))
        return bytes(made["Plaintext"]), bytes(made["CiphertextBlob"])

    def find(self, kept: bytes, context: Mapping[str, str]) -> bytes:
        """Ask for the data key again."""
        with asking(f"open a data key with {self.key}"):
            try:
                found = self.kms.decrypt(KeyId=self.key, CiphertextBlob=kept, EncryptionContext=dict(context))
            except ClientError as refused:
                if code_of(refused) in _NOT_ITS:
                    raise NotItsKey(code_of(refused)) from refused
                raise
        return bytes(found["Plaintext"])
