"""A database behind a local port, copied by PostgreSQL's own programs: pg_dump before the loss, pg_restore after it."""

from __future__ import annotations

import datetime
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyctl.adapters.local.accounts import unprivileged_account
from studyctl.adapters.local.errors import ProgramMissing
from studyctl.adapters.local.postgresql_programs import find_programs
from studyctl.domain.disaster.drill import Holdings, Marker, newest
from studyctl.errors import RecoveryFailed

MARKERS = "studyctl_drill_markers"
DUMP_FILE = "database.dump"
_COPY = re.compile(r"COPY (\S+) \(.*\) FROM stdin;")
_END_OF_COPY = "\\."
_SHOWN_LINES = 6
_TABLES = """
    SELECT format('SELECT %L, count(*) FROM %I.%I', format('%I.%I', schemaname, tablename), schemaname, tablename)
    FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""


@dataclass(frozen=True)
class DatabaseDoor:
    """Where a database is reached, and by whom."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    ca_file: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """What libpq reads from the environment, so that nothing of it is in an argument."""
        tls = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": self.ca_file} if self.ca_file else {}
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.database,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGOPTIONS": "--client-min-messages=warning",
            **tls,
        }


@dataclass(frozen=True)
class DatabaseStore:
    """The environment's database; `copy` is a file that outlives the region."""

    source: Callable[[], DatabaseDoor]
    target: Callable[[Mapping[str, Any]], DatabaseDoor]
    folder: Path
    name: str = "database"

    @property
    def _copy(self) -> Path:
        return self.folder / DUMP_FILE

    def mark(self, marker: Marker) -> None:
        """Write a row into a table of the drill's own."""
        columns = "number integer PRIMARY KEY, written_at timestamptz NOT NULL"
        values = f"({marker.number}, '{marker.written_at.isoformat()}')"
        _query(
            self.source(),
            f"CREATE TABLE IF NOT EXISTS {MARKERS} ({columns})",
            f"INSERT INTO {MARKERS} VALUES {values}",  # noqa: S608 - a number and a time of our own
        )

    def back_up(self) -> Holdings:
        """Dump it, and count the rows in the dump: the database itself may have more by now."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--file={self._copy}")
        _run(self.source(), "pg_dump", *options)
        lines = _run(None, "pg_restore", "--data-only", "--file=-", str(self._copy)).split("\n")
        return dict(rows_of(lines))

    def restore(self, platform: Mapping[str, Any]) -> Holdings:
        """Fill the empty database in one transaction."""
        door = self.target(platform)
        options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        _run(door, "pg_restore", *options, f"--dbname={door.database}", str(self._copy))
        counts = _query(door, " UNION ALL ".join(_query(door, _TABLES)) or "SELECT WHERE false")
        return {table: int(count) for table, _, count in (row.rpartition("|") for row in counts)}

    def newest_marker(self, platform: Mapping[str, Any]) -> Marker | None:
        """The newest row of the drill's table."""
        door = self.target(platform)
        if _query(door, f"SELECT to_regclass('{MARKERS}') IS NOT NULL") != ["t"]:
            return None
        stamp = "to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
        rows = _query(door, f"SELECT number, {stamp} FROM {MARKERS}")  # noqa: S608 - constants
        found = (row.split("|") for row in rows)
        return newest(Marker(int(number), datetime.datetime.fromisoformat(at)) for number, at in found)

    def forget(self) -> None:
        """Drop the drill's table, and remove the dump."""
        _query(self.source(), f"DROP TABLE IF EXISTS {MARKERS}")
        self._copy.unlink(missing_ok=True)

    def ways(self) -> tuple[str, str]:
        """As a runbook tells it."""
        return "pg_dump --format=custom into a file", "pg_restore --single-transaction into the empty database"


def rows_of(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """How many rows a dump in SQL holds of each table. Newlines of values are escaped in it."""
    table, count = "", 0
    for line in lines:
        begun = _COPY.fullmatch(line) if not table else None
        if begun is not None:
            table, count = begun[1], 0
        elif table and line == _END_OF_COPY:
            yield table, count
            table = ""
        elif table:
            count += 1


def _query(door: DatabaseDoor, *statements: str) -> list[str]:
    """The rows of the statements, columns separated by `|`."""
    commands = [part for statement in statements for part in ("-c", statement)]
    settings = ("--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "-v", "ON_ERROR_STOP=1")
    return _run(door, "psql", *settings, *commands).splitlines()


def _run(door: DatabaseDoor | None, program: str, *arguments: str) -> str:
    folder = find_programs(unprivileged_account()).folder
    if not (folder / program).is_file():
        raise ProgramMissing(
            f"{program} is not beside the PostgreSQL of this machine in {folder}",
            hint="Install PostgreSQL's client programs of the same version.",
        )
    done = subprocess.run(
        [str(folder / program), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", **(door.variables if door else {})},
        umask=0o077,
    )
    if done.returncode != 0:
        raise RecoveryFailed(f"{program} failed with exit code {done.returncode}", why=_last(done.stderr.splitlines()))
    return done.stdout


def _last(lines: Sequence[str]) -> str:
    return "\n".join(lines[-_SHOWN_LINES:])
