"""A connection to Redis, Valkey or ElastiCache that outlives restarts and failovers, and speaks in typed errors."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from redis.credentials import CredentialProvider

from studyruntime.broker.iam import ElastiCacheTokens
from studyruntime.config import AwsSettings, BrokerSettings
from studyruntime.errors import AuthenticationRefused, Unavailable

T = TypeVar("T")

TRANSIENT = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError, redis.OutOfMemoryError)
"""What passes by itself: a restart, a failover (the old primary is read-only until it is gone), a full memory."""

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 1.0


class RedisConnection:
    """Repeats commands until `retry_seconds` have passed; then the caller hears `Unavailable`. Safe for threads."""

    def __init__(
        self,
        settings: BrokerSettings,
        credentials: CredentialProvider | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._client: redis.Redis | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self._settings.kind.value} at {self._settings.host}:{self._settings.port}"

    @property
    def client(self) -> redis.Redis:
        """The client, made at the first use; it takes connections from a pool of its own."""
        with self._lock:
            if self._client is None:
                self._client = redis.Redis(**connection_options(self._settings, self._credentials))
            return self._client

    def run(self, command: Callable[[redis.Redis], T]) -> T:
        """The command's answer. A repeated command may have been executed before.

        Raises:
            AuthenticationRefused: the credentials are wrong, also after they were read again.
            Unavailable: no answer within `retry_seconds`.
        """
        deadline = self._clock() + self._settings.retry_seconds
        pause_seconds = FIRST_PAUSE_SECONDS
        has_renewed = False
        while True:
            try:
                return command(self.client)
            except redis.AuthenticationError as error:
                if has_renewed or not isinstance(self._credentials, ElastiCacheTokens):
                    raise AuthenticationRefused(
                        self.name, str(error), hint="Check REDIS_USER and REDIS_PASSWORD, or the IAM permission."
                    ) from error
                self._credentials.forget()
                has_renewed = True
            except TRANSIENT as error:
                if isinstance(error, redis.ReadOnlyError):
                    self.client.connection_pool.disconnect()  # its name leads to another server by now
                if self._clock() + pause_seconds > deadline:
                    raise Unavailable(self.name, str(error)) from error
                self._pause(random.uniform(pause_seconds / 2, pause_seconds))  # noqa: S311
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    def close(self) -> None:
        """Close every connection. The next command opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def credentials_for(settings: BrokerSettings, aws: AwsSettings) -> CredentialProvider | None:
    """IAM tokens, a user with a password, or nobody."""
    if settings.signs_in_by_iam:
        assert settings.user is not None and settings.replication_group is not None and aws.region is not None  # noqa: S101
        return ElastiCacheTokens(settings.user, settings.replication_group, aws.region)
    if settings.password is None:
        return None
    return redis.UsernamePasswordCredentialProvider(settings.user, settings.password.get_secret_value())


def connection_options(settings: BrokerSettings, credentials: CredentialProvider | None) -> dict[str, Any]:
    """Keyword arguments of redis-py, for its synchronous and its asynchronous client alike."""
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "credential_provider": credentials,
        "socket_timeout": settings.timeout_seconds,
        "socket_connect_timeout": settings.timeout_seconds,
        "socket_keepalive": True,
        "retry": None,  # one place repeats commands, or the attempts of two multiply
    }
    if settings.has_tls:
        options |= {
            "ssl": True,
            "ssl_ca_certs": settings.ca_file,
            "ssl_cert_reqs": "required",
            "ssl_check_hostname": True,
        }
    return options
