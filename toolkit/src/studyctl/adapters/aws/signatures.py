"""Signatures made with keys of KMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of

ALGORITHM = "ECDSA_SHA_256"
_NOT_ITS = frozenset({"KMSInvalidSignatureException", "KMSInvalidSignature", "ValidationException"})


@dataclass(frozen=True)
class KmsSignatures:
    """Asks KMS."""

    kms: Any

    def is_signed(self, key: str, message: bytes, signature: bytes) -> bool:
        """Whether that key made the signature of the message."""
        if not signature:
            return False
        with asking(f"verify a signature with {key}"):
            try:
                answer = self.kms.verify(
                    KeyId=key, Message=message, MessageType="RAW", Signature=signature, SigningAlgorithm=ALGORITHM
                )
            except ClientError as refused:
                if code_of(refused) in _NOT_ITS:
                    return False
                raise
        return bool(answer["SignatureValid"])
