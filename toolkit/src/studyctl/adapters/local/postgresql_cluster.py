"""A PostgreSQL cluster on disk: copied from a template that initdb made once, with one role that owns one database."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studyctl.adapters.emulator import locks
from studyctl.adapters.local.accounts import Account, give, give_tree, make_owned_folder, shared_home
from studyctl.adapters.local.errors import ServerDidNotStart
from studyctl.adapters.local.postgresql_programs import PostgresqlPrograms
from studyctl.errors import PreflightFailed

SUPERUSER = "postgres"
_ITERATIONS = 4096
_SALT_BYTES = 16
_ROLE_FILE = "role.sha256"


@dataclass(frozen=True)
class Owner:
    """Who the application logs in as. Names are plain identifiers."""

    role: str
    database: str
    password: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Changes when the role has to be changed."""
        return hashlib.sha256("\0".join((self.role, self.database, self.password)).encode()).hexdigest()


@dataclass(frozen=True)
class Cluster:
    """The folder of one cluster: `home/data` and, beside it, what belongs to it."""

    home: Path
    account: Account | None
    programs: PostgresqlPrograms

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.home / "data"

    def ensure(self, owner: Owner) -> None:
        """Make the cluster, the role and the database, or give the role its new password. The server is down.

        Raises:
            PreflightFailed: the cluster is of another major version.
            ServerDidNotStart: PostgreSQL's own programs failed.
        """
        make_owned_folder(self.home, self.account)
        if not (self.data / "PG_VERSION").exists():
            self._copy_template()
            self._run([*_role_statements("CREATE", owner), f'CREATE DATABASE "{owner.database}" OWNER "{owner.role}"'])
        elif self._remembered() != owner.fingerprint:
            self._require_version()
            self._run(_role_statements("ALTER", owner))
        else:
            self._require_version()
            return
        self.write_private(_ROLE_FILE, owner.fingerprint)

    def write_private(self, name: str, content: str) -> Path:
        """Write a file that the server may read and nobody else."""
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(content, "utf-8")
        give(path, self.account)
        return path

    def _remembered(self) -> str:
        try:
            return (self.home / _ROLE_FILE).read_text("utf-8")
        except FileNotFoundError:
            return ""

    def _require_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text("utf-8").strip()
        if made_by != str(self.programs.major):
            raise PreflightFailed(
                f"{self.data} was made by PostgreSQL {made_by}, but {self.programs.version} is installed now",
                why="One major version does not read another's files.",
                hint="Start without the old data: studyctl local down --erase, then studyctl local up",
            )

    def _copy_template(self) -> None:
        template = self._template()
        copy = self.home / f"copy-{secrets.token_hex(4)}"
        shutil.copytree(template, copy, symlinks=True)
        give_tree(copy, self.account)
        # complete or not there at all: a copy that was interrupted is never taken for a cluster
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.data)
        copy.rename(self.data)

    def _template(self) -> Path:
        """An empty cluster of this installation, made by the first who needs it: initdb takes more than a second."""
        installation = hashlib.sha256(f"{self.programs.folder}\0{self.programs.version}".encode()).hexdigest()[:12]
        folder = shared_home(self.account) / f"postgresql-{self.programs.version}-{installation}"
        folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with locks.held(folder.with_name(f"{folder.name}.lock")):
            if not folder.exists():
                scratch = folder.with_name(f"{folder.name}.new")
                shutil.rmtree(scratch, ignore_errors=True)
                make_owned_folder(scratch, self.account)
                self._initdb(scratch)
                scratch.rename(folder)
        return folder

    def _initdb(self, folder: Path) -> None:
        # trust is for initdb alone: the server is given rules of its own, and no socket but the one on 127.0.0.1
        options = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync")
        self._call([str(self.programs.initdb), "-D", str(folder), "-U", SUPERUSER, *options], "")

    def _run(self, statements: Sequence[str]) -> None:
        """Run statements, one a line, in a server that nobody can connect to."""
        single = ("--single", "-D", str(self.data), "-F", "-c", "exit_on_error=true", SUPERUSER)
        self._call([str(self.programs.server), *single], "".join(f"{statement}\n" for statement in statements))

    def _call(self, command: list[str], text: str) -> None:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            user=self.account.user_id if self.account else None,
            group=self.account.group_id if self.account else None,
            extra_groups=[] if self.account else None,
            umask=0o077,
        )
        if done.returncode != 0:
            name = f"{Path(command[0]).name} of PostgreSQL {self.programs.version}"
            raise ServerDidNotStart(
                f"{name} failed with exit code {done.returncode}",
                why="\n".join((done.stderr or done.stdout).splitlines()[-8:]),
                hint=f"Its files are in {self.home}",
            )


def _role_statements(verb: str, owner: Owner) -> list[str]:
    # as much as the master user of RDS may do that a service has a use for
    rights = "LOGIN CREATEDB CREATEROLE REPLICATION"
    return [f"{verb} ROLE \"{owner.role}\" {rights} PASSWORD '{scram_verifier(owner.password)}'"]


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL keeps of a password (RFC 5802, 5803), so that the password itself is never sent to it."""
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode("ascii") for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"
