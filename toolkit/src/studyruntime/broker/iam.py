"""Signs in to ElastiCache as an IAM identity: a token in place of a password, signed anew before it expires.

The token is a presigned request for the cache, without its scheme: Amazon ElastiCache User Guide, 'Authenticating with
IAM'. It is valid for 15 minutes, and opens connections that last 12 hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

from redis.credentials import CredentialProvider

from studyruntime.errors import AuthenticationRefused

VALIDITY_SECONDS = 900
RENEWAL_SECONDS = 600
"""Younger tokens are used again: the clocks of the two sides may differ, and signing costs a millisecond."""


class ElastiCacheTokens(CredentialProvider):
    """Gives redis-py the user and a valid token for every new connection. Safe for threads."""

    def __init__(self, user: str, cache_name: str, region: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._user = user
        self._cache_name = cache_name
        self._region = region
        self._clock = clock
        self._lock = threading.Lock()
        self._token: tuple[str, float] | None = None

    def get_credentials(self) -> tuple[str, str]:
        """The user and a token that is valid for at least five minutes."""
        with self._lock:
            if self._token is None or self._clock() - self._token[1] >= RENEWAL_SECONDS:
                self._token = (self._sign(), self._clock())
            return self._user, self._token[0]

    def forget(self) -> None:
        """The token was refused: the next connection signs a new one, with the credentials of that moment."""
        with self._lock:
            self._token = None

    def _sign(self) -> str:
        # botocore takes a fifth of a second to import, and only ElastiCache needs it
        from botocore.model import ServiceId  # noqa: PLC0415
        from botocore.session import get_session  # noqa: PLC0415
        from botocore.signers import RequestSigner  # noqa: PLC0415

        session = get_session()
        credentials = session.get_credentials()
        if credentials is None:
            raise AuthenticationRefused(
                "ElastiCache",
                "no AWS credentials to sign a token with",
                hint="Give the task a role, or set REDIS_PASSWORD where no IAM user is meant.",
            )
        signer = RequestSigner(
            ServiceId("elasticache"),
            self._region,
            "elasticache",
            "v4",
            credentials,
            session.get_component("event_emitter"),
        )
        query = urlencode({"Action": "connect", "User": self._user})
        request = {
            "method": "GET",
            "url": f"https://{self._cache_name}/?{query}",
            "body": {},
            "headers": {},
            "context": {},
        }
        url = signer.generate_presigned_url(
            request, operation_name="connect", expires_in=VALIDITY_SECONDS, region_name=self._region
        )
        return str(url).removeprefix("https://")
