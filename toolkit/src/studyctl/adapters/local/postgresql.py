"""PostgreSQL with a role, a database and a password, and with TLS where it is asked for."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from studyctl.adapters.local.accounts import data_home, unprivileged_account
from studyctl.adapters.local.certificates import Certificate
from studyctl.adapters.local.errors import NotReady
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.postgresql_cluster import Cluster, Owner
from studyctl.adapters.local.postgresql_programs import find_programs
from studyctl.adapters.local.program import MAIN, Launch, Ports
from studyctl.errors import UsageError

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
RULES_FILE = "pg_hba.conf"
CERTIFICATE_FILE, KEY_FILE = "server.crt", "server.key"

# Lines of postmaster.pid, as pg_ctl reads them (src/include/utils/pidfile.h).
_PID_LINE, _PORT_LINE, _STATUS_LINE = 0, 3, 7


@dataclass(frozen=True)
class Postgresql:
    """The settings of one server. `user` owns `database`. With a certificate, connections without TLS are refused.

    `settings` are PostgreSQL's own, by name. As root it runs as another user, who keeps the data outside the folder.
    """

    folder: Path
    password: str = field(repr=False)
    user: str = "study"
    database: str = "study"
    port: int = 0
    certificate: Certificate | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    name: str = "postgresql"
    other_ports: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGINT  # SIGTERM would wait until the last client has left

    def __post_init__(self) -> None:
        for name in (self.user, self.database):
            if not _IDENTIFIER.fullmatch(name):
                raise UsageError(
                    f"{name!r} cannot name a role or a database here",
                    hint="Use lower-case letters, digits and _, and begin with a letter.",
                )

    @property
    def data(self) -> Path:
        """The cluster and what belongs to it."""
        return data_home(self.folder, unprivileged_account())

    @cached_property
    def _cluster(self) -> Cluster:
        account = unprivileged_account()
        return Cluster(data_home(self.folder, account), account, find_programs(account))

    def launch(self, ports: Ports) -> Launch:
        """Only TCP on 127.0.0.1; there is no socket file whose rights would have to be guarded."""
        cluster = self._cluster
        settings = {
            "listen_addresses": HOST,
            "port": str(ports[MAIN]),
            "unix_socket_directories": "",
            "hba_file": str(cluster.home / RULES_FILE),
            "max_connections": "200",
            **self._tls_settings(),
            **self.settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Launch(
            arguments=(str(cluster.programs.server), "-D", str(cluster.data), *options),
            account=cluster.account,
        )

    def prepare(self) -> None:
        """Make or adapt the cluster; about 0.3 s the first time, nothing later."""
        cluster = self._cluster
        cluster.ensure(Owner(role=self.user, database=self.database, password=self.password))
        kind = "hostssl" if self.certificate else "host"
        rules = [f"{kind} {databases} all {HOST}/32 scram-sha-256" for databases in ("all", "replication")]
        cluster.write_private(RULES_FILE, "\n".join(rules) + "\n")
        if self.certificate is not None:
            cluster.write_private(CERTIFICATE_FILE, self.certificate.certificate.read_text("utf-8"))
            cluster.write_private(KEY_FILE, self.certificate.key.read_text("utf-8"))

    def probe(self, pid: int, ports: Ports) -> None:
        """Read what the server says of itself, as pg_ctl does; no password is needed."""
        try:
            lines = (self._cluster.data / "postmaster.pid").read_text("utf-8").splitlines()
        except FileNotFoundError:
            lines = []
        if len(lines) <= _STATUS_LINE or (lines[_PID_LINE], lines[_PORT_LINE]) != (str(pid), str(ports[MAIN])):
            raise NotReady("it has not written postmaster.pid yet")
        if (status := lines[_STATUS_LINE].strip()) != "ready":
            raise NotReady(f"it says that it is {status}")

    def url(self, ports: Ports) -> str:
        """Without the password."""
        return f"postgresql://{self.user}@{HOST}:{ports[MAIN]}/{self.database}"

    def _tls_settings(self) -> dict[str, str]:
        if self.certificate is None:
            return {}
        home = self._cluster.home
        return {
            "ssl": "on",
            "ssl_cert_file": str(home / CERTIFICATE_FILE),
            "ssl_key_file": str(home / KEY_FILE),
        }
