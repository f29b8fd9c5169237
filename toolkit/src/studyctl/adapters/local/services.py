"""A service of the platform as a local process: `python -m studyservices ROLE`, in this interpreter."""

from __future__ import annotations

import hashlib
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from studyctl.adapters.local import python_module
from studyctl.adapters.local.errors import ProgramMissing, ServerDidNotStart
from studyctl.adapters.local.http_probe import require_ok
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.program import MAIN, Launch, Ports
from studyctl.adapters.local.server import inherited_environment
from studyctl.domain.local.settings import service_settings

MODULE = "studyservices"
CODE = (MODULE, "studyruntime")
# one module of each of the largest things that the extra installs
REQUIRED = (
    *CODE,
    "alembic",
    "celery",
    "fastapi",
    "psycopg",
    "pypdf",
    "qdrant_client",
    "redis",
    "sqlalchemy",
    "uvicorn",
)
METRICS = "metrics"
READY_PATH = "/health/ready"
MIGRATION_TIMEOUT_SECONDS = 120.0
_LINES_IN_ERRORS = 12


@dataclass(frozen=True)
class ServiceProgram:
    """One service. `settings` are what all services are told; ports are added."""

    folder: Path
    name: str
    settings: Mapping[str, str] = field(repr=False)
    port: int = 0
    other_ports: tuple[str, ...] = (METRICS,)
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path | None:
        """Services keep nothing; the servers do."""
        return None

    def launch(self, ports: Ports) -> Launch:
        """Another process for other settings, and for other code."""
        told = service_settings(self.settings, self.name, port=ports[MAIN], metrics_port=ports[METRICS])
        return Launch(
            arguments=python_module.command(MODULE, self.name),
            environment={**python_module.environment(), **told},
            version=code_version(),
        )

    def prepare(self) -> None:
        """Nothing has to be there; the database was migrated before."""

    def probe(self, pid: int, ports: Ports) -> None:  # noqa: ARG002  it ends when a port is not its own
        """Every service says on its metrics port whether it is ready."""
        require_ok(ports[METRICS], READY_PATH)

    def url(self, ports: Ports) -> str:
        """Where it serves; a worker serves nothing but its metrics."""
        return f"http://{HOST}:{ports[MAIN]}"


def require_services() -> None:
    """See that this interpreter can run the services.

    Raises:
        ProgramMissing: something is not installed.
    """
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        raise ProgramMissing(
            f"the services cannot run here: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            why="They run in the interpreter that runs studyctl, and the toolkit installs nothing of theirs.",
            hint="Install them: pip install 'studyctl[local,services]'",
        )


def code_version() -> str:
    """Changes whenever a file of the services' code does."""
    digest = hashlib.sha256()
    for package in CODE:
        found = find_spec(package)
        if found is None or found.origin is None:
            continue
        for path in sorted(Path(found.origin).parent.rglob("*.py")):
            digest.update(f"{path}\0{path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def migrate(settings: Mapping[str, str]) -> None:
    """Bring the database to the shape that the services need; nothing happens when it has it.

    Raises:
        ServerDidNotStart: it could not be done.
    """
    done = subprocess.run(
        python_module.command(MODULE, "migrate"),
        env={**inherited_environment(), **python_module.environment(), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=MIGRATION_TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise ServerDidNotStart(
            f"the database could not be migrated: exit code {done.returncode}",
            why="\n".join((done.stderr or done.stdout).splitlines()[-_LINES_IN_ERRORS:]),
            hint="Begin with an empty one: studyctl local down --only database --erase",
        )
