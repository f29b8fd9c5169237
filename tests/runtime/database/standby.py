"""A streaming replica of a test's PostgreSQL, made with pg_basebackup."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from tests.support.servers.postgres import OWNER, PostgresServer
from tests.support.servers.process import HOST


class Standby(PostgresServer):
    """Follows its primary until it is promoted."""

    def __init__(self, folder: Path, primary: PostgresServer) -> None:
        super().__init__(folder)
        self._primary = primary

    def initialise(self) -> None:
        """Copy the primary as it is now."""
        account = self.account()
        source = f"host={HOST} port={self._primary.port} user={OWNER} application_name=standby"
        if account is not None:
            entry = pwd.getpwnam(account)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        subprocess.run(
            [
                str(self._binaries / "pg_basebackup"),
                *("-d", source, "-D", str(self._data), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync"),
            ],
            cwd="/",
            check=True,
            capture_output=True,
            user=account,
            group=None if account is None else pwd.getpwnam(account).pw_gid,
            extra_groups=None if account is None else [],
        )

    def command(self) -> Sequence[str]:
        return [*super().command(), "-c", "hot_standby=on"]

    def ask(self, statement: str) -> Any:
        """One value from the replica itself."""
        with psycopg.connect(host=HOST, port=self.port, user=OWNER, dbname="postgres", autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
            return row[0] if row else None

    def pause(self) -> None:
        """Stop replaying; what arrives waits."""
        self.ask("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        """Replay again."""
        self.ask("SELECT pg_wal_replay_resume()")

    def promote(self) -> None:
        """Become a primary, and return when it is one."""
        assert self.ask("SELECT pg_promote(true, 60)")


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
