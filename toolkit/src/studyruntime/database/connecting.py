"""How a connection to PostgreSQL is made: where to, with which password, over which TLS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from studyruntime.config import DatabaseSettings, Endpoint, TlsMode
from studyruntime.errors import ConfigurationError

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RotatingPassword:
    """Where the password comes from. It is asked for at every connection, so a rotated one needs no restart."""

    read: Callable[[], str]
    forget: Callable[[], None] = lambda: None
    """Called when the server refuses us: what `read` keeps in memory may be out of date."""


def password_of(settings: DatabaseSettings) -> RotatingPassword:
    """The password in the settings, which does not rotate."""
    password = settings.password
    if password is None:
        raise ConfigurationError(
            ["the database has no password: set DATABASE_PASSWORD, or read it from the secrets"],
        )
    return RotatingPassword(password.get_secret_value)


class Connector:
    """Makes connections to one or several servers of a database."""

    def __init__(
        self,
        settings: DatabaseSettings,
        endpoints: Sequence[Endpoint],
        password: RotatingPassword,
        *,
        application: str,
        accepts_standby: bool,
    ) -> None:
        self._password = password
        self._parameters: dict[str, Any] = {
            "host": ",".join(endpoint.host for endpoint in endpoints),
            "port": ",".join(str(endpoint.port) for endpoint in endpoints),
            "dbname": settings.name,
            "user": settings.user,
            "connect_timeout": settings.connect_timeout_seconds,
            "application_name": application,
            "options": f"-c statement_timeout={settings.statement_timeout_seconds * 1000}",
            # After a failover the old name may for a while lead to a server that takes no writes.
            "target_session_attrs": "any" if accepts_standby else "read-write",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            **_tls(settings),
        }

    def connect(self, *, autocommit: bool = False) -> Connection:
        """A new connection. A server that answers and refuses us is asked once more, if the password has changed.

        Raises:
            psycopg.OperationalError: no server can be reached, or none lets us in.
        """
        password = self._password.read()
        try:
            return self._connect(password, autocommit)
        except psycopg.OperationalError as error:
            if not _was_refused(error):
                raise
            self._password.forget()
            renewed = self._password.read()
            if renewed == password:
                raise
            return self._connect(renewed, autocommit)

    def _connect(self, password: str, autocommit: bool) -> Connection:
        return psycopg.connect(**self._parameters, password=password, autocommit=autocommit)


def _was_refused(error: psycopg.OperationalError) -> bool:
    """Whether a server answered and said no. libpq tells no SQLSTATE of a connection that never was."""
    return "FATAL" in str(error)


def _tls(settings: DatabaseSettings) -> dict[str, str]:
    if settings.tls_mode is not TlsMode.VERIFY_FULL:
        return {"sslmode": settings.tls_mode.value}
    return {"sslmode": settings.tls_mode.value, "sslrootcert": settings.ca_file or "system"}
