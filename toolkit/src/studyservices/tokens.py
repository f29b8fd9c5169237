"""Signed tokens that say who a caller is: JSON Web Tokens with HMAC-SHA256 (RFC 7519), and no other algorithm.

The algorithm is fixed here and never read from a token, so a token cannot choose to be unsigned.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studyruntime.errors import ConfigurationError
from studyservices.errors import InvalidToken

MIN_KEY_BYTES = 32  # RFC 7518, 3.2: a key is at least as long as the digest
MAX_TOKEN_CHARS = 2048
USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@\-]{0,63}")

_HEADER = {"alg": "HS256", "typ": "JWT"}


class Audience(enum.StrEnum):
    """What a token opens. One for the socket travels in an address, so it must open nothing else."""

    API = "study-api"
    WEBSOCKET = "study-websocket"


@dataclass(frozen=True)
class Identity:
    """Who calls, and until when (seconds since 1970) that was promised."""

    user_id: str
    expires_at: float


class TokenSigner:
    """Signs and checks tokens with one key."""

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        """Take a key.

        Raises:
            ConfigurationError: the key is too short to be safe.
        """
        if len(key.encode()) < MIN_KEY_BYTES:
            raise ConfigurationError(
                [f"SESSION_SIGNING_KEY has fewer than {MIN_KEY_BYTES} bytes"],
                hint="Make one:  python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            )
        self._key = key.encode()
        self._clock = clock

    def sign(self, user_id: str, audience: Audience, *, lifetime_seconds: float) -> str:
        """A token for `user_id` that is good from now on.

        Raises:
            ValueError: `user_id` is none.
        """
        if not USER_ID.fullmatch(user_id):
            raise ValueError(f"{user_id!r} is no user id: letters, digits and ._@- only, at most 64")
        now = self._clock()
        claims = {"sub": user_id, "aud": audience.value, "iat": int(now), "exp": int(now + lifetime_seconds)}
        body = f"{_encode(_to_json(_HEADER))}.{_encode(_to_json(claims))}"
        return f"{body}.{_encode(self._signature(body))}"

    def verify(self, token: str, audience: Audience) -> Identity:
        """Who `token` speaks for.

        Raises:
            InvalidToken: it is malformed, not signed with our key, for another audience, or out of date.
        """
        body, _, signature = token.rpartition(".")
        if len(token) > MAX_TOKEN_CHARS or not hmac.compare_digest(self._signature(body), _decode(signature)):
            raise InvalidToken("the token is not one of ours", hint="Sign in again.")
        claims = _claims(body)
        user_id, expires_at = claims.get("sub"), claims.get("exp")
        if not isinstance(user_id, str) or not USER_ID.fullmatch(user_id) or not isinstance(expires_at, int):
            raise InvalidToken("the token does not say whom it is for, and until when", hint="Sign in again.")
        if claims.get("aud") != audience.value:
            raise InvalidToken("the token is for something else", hint=f"It must be made for {audience.value}.")
        if expires_at <= self._clock():
            raise InvalidToken("the token is out of date", hint="Sign in again.")
        return Identity(user_id, float(expires_at))

    def _signature(self, body: str) -> bytes:
        return hmac.new(self._key, body.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _claims(body: str) -> dict[str, Any]:
    header, _, payload = body.partition(".")
    if _parse(header) != _HEADER:
        raise InvalidToken("the token is of another kind", hint="Sign in again.")
    return _parse(payload)


def _parse(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(part))
    except ValueError as error:
        raise InvalidToken("the token is malformed", hint="Sign in again.") from error
    if not isinstance(value, dict):
        raise InvalidToken("the token is malformed", hint="Sign in again.")
    return value


def _to_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """The bytes of `text`, or none: what is no base64 matches no signature and is no JSON."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
