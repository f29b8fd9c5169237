"""Gives secrets, remembers them for a while, and learns of new ones without a restart.

`aws-secretsmanager-caching` is not used: a forced refresh there sleeps for 2.5 to 5 seconds, and every one of its reads
needs a permission (DescribeSecret) that GetSecretValue makes unnecessary.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from studyruntime.config import Settings, load_settings
from studyruntime.errors import AuthenticationRefused, SecretNotFound, Unavailable
from studyruntime.secrets.names import SecretName
from studyruntime.secrets.sources import AwsSource, EnvironmentSource, FileSource, SecretSource

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    value: str
    read_at: float


class SecretsManager:
    """Secrets by name, such as `database/password`. Safe for threads; a secret is read by one thread at a time."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        chosen = settings or load_settings(environ)
        self._max_age_seconds = chosen.secrets.max_age_seconds
        self._sources = sources_for(chosen, environ)
        self._clock = clock
        self._known: dict[SecretName, _Known] = {}
        self._watchers: defaultdict[SecretName, list[Callable[[str], None]]] = defaultdict(list)
        self._locks: defaultdict[SecretName, threading.RLock] = defaultdict(threading.RLock)
        self._lock = threading.Lock()

    def get_secret(self, name: str) -> str:
        """The value, at most `SECRETS_MAX_AGE_SECONDS` old; older only while its source does not answer.

        Raises:
            SecretNotFound: no source keeps it.
            Unavailable: its source does not answer, and it was never read.
        """
        parsed = SecretName.parse(name)
        with self._lock_of(parsed):
            known = self._known.get(parsed)
            if known is not None and self._clock() - known.read_at < self._max_age_seconds:
                return known.value
            try:
                return self._read(parsed)
            except Unavailable as error:
                if known is None:
                    raise
                logger.warning("the secret %s could not be read again and stays as it was: %s", parsed, error)
                return known.value

    def refresh(self, name: str, *, refused: str | None = None) -> str:
        """The value as it is now. With `refused`, the value that failed, many threads that failed alike read once."""
        parsed = SecretName.parse(name)
        with self._lock_of(parsed):
            known = self._known.get(parsed)
            if refused is not None and known is not None and known.value != refused:
                return known.value
            return self._read(parsed)

    def invalidate(self, name: str | None = None) -> None:
        """Forget one value, or all: the next `get_secret` reads it."""
        if name is None:
            self._known.clear()
        else:
            self._known.pop(SecretName.parse(name), None)

    def use(self, name: str, attempt: Callable[[str], T]) -> T:
        """`attempt` with the secret; if that raises AuthenticationRefused, once more with a new value, if any."""
        value = self.get_secret(name)
        try:
            return attempt(value)
        except AuthenticationRefused:
            renewed = self.refresh(name, refused=value)
            if renewed == value:
                raise
            logger.info("the secret %s was rotated", name)
            return attempt(renewed)

    def watch(self, name: str, on_change: Callable[[str], None]) -> Callable[[], None]:
        """Call `on_change` whenever a read finds another value than the one before; what ends it is returned."""
        parsed = SecretName.parse(name)
        with self._lock_of(parsed):
            self._watchers[parsed].append(on_change)

        def end() -> None:
            with self._lock_of(parsed):
                if on_change in self._watchers[parsed]:
                    self._watchers[parsed].remove(on_change)

        return end

    def _lock_of(self, name: SecretName) -> threading.RLock:
        with self._lock:
            return self._locks[name]

    def _read(self, name: SecretName) -> str:
        value = next((found for source in self._sources if (found := source.read(name)) is not None), None)
        if value is None:
            raise SecretNotFound(
                f"no source keeps the secret {str(name)!r}",
                hint=f"Set {name.variable}, or {name.secret.upper().replace('-', '_')}_SECRET_ARN or SECRETS_PREFIX.",
            )
        known = self._known.get(name)
        self._known[name] = _Known(value, self._clock())
        if known is not None and known.value != value:
            for on_change in tuple(self._watchers[name]):
                on_change(value)
        return value


def sources_for(settings: Settings, environ: Mapping[str, str]) -> Sequence[SecretSource]:
    """Where to look, in this order: what Secrets Manager keeps must not be hidden by an old variable."""
    secrets = settings.secrets
    sources: list[SecretSource] = []
    if secrets.arns or secrets.prefix is not None:
        sources.append(AwsSource(secrets, settings.aws))
    if secrets.folder is not None:
        sources.append(FileSource(Path(secrets.folder)))
    sources.append(EnvironmentSource(environ))
    return sources
