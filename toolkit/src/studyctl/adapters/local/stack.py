"""The platform on this machine as processes: which program each part is, and what it is told."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from studyctl.adapters.emulator import locks
from studyctl.adapters.local import record, services
from studyctl.adapters.local.balancer import Balancer, BalancerProgram
from studyctl.adapters.local.monitors import Alertmanager, Prometheus
from studyctl.adapters.local.object_store import ObjectStore
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.postgresql import Postgresql
from studyctl.adapters.local.program import MAIN, Program
from studyctl.adapters.local.qdrant import Qdrant
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup
from studyctl.adapters.local.server import Server
from studyctl.adapters.local.valkey import Valkey
from studyctl.adapters.monitoring_files import read_watch
from studyctl.adapters.private_files import PrivateFolder
from studyctl.domain.local.parts import (
    ALERTMANAGER,
    BALANCER,
    CACHE,
    DATABASE,
    OBJECT_STORE,
    PARTS,
    PROMETHEUS,
    VECTOR_DATABASE,
    Part,
    Stage,
)
from studyctl.domain.local.rehearsal import Rehearsal
from studyctl.domain.local.settings import (
    DATABASE_NAME,
    USER,
    LocalAddresses,
    LocalSecrets,
    Purpose,
    bucket_names,
    shared_settings,
)
from studyctl.domain.monitoring.alertmanager import configuration
from studyctl.domain.monitoring.prometheus import Tempo, rule_file
from studyctl.domain.monitoring.watch import NOTHING, Watch
from studyctl.errors import PreflightFailed
from studyctl.usecases.local import Place

SECRETS_FILE = "secrets.json"
MIGRATED_FILE = "migrated"
"""Beside the database, and erased with it: the code whose migrations it has."""
SERVICE_START_TIMEOUT_SECONDS = 120.0
SERVICE_STOP_TIMEOUT_SECONDS = 60.0
HEALTH = HealthCheck(path="/health/ready")
SCRAPE_SECONDS = 5.0
MONITORS = (ALERTMANAGER, PROMETHEUS)
_KEY_BYTES = 32


@dataclass(frozen=True)
class LocalStack:
    """Everything below one folder, one subfolder a part."""

    folder: Path
    purpose: Purpose = field(default_factory=Purpose)
    repository: Path = Path()
    """Where monitoring/ is; read only when its parts are started."""
    tempo: Tempo = field(default_factory=lambda: Tempo(scrape_seconds=SCRAPE_SECONDS))
    rehearsal: Rehearsal = field(default_factory=Rehearsal)

    def require(self, wanted: Sequence[Part]) -> None:
        """See that the services can run, where services are wanted; servers say it when they start."""
        if any(part.stage is Stage.SERVICES for part in wanted):
            services.require_services()

    def start(self, part: Part) -> Place:
        """Start a part and wait until it serves, or find it running."""
        handle = self._handle(part)
        if part.name in MONITORS:  # only to start them it must be known what is watched
            running = Server(self._monitor(part.name, read_watch(self.repository))).start()
        elif isinstance(handle, Server) and part.stage is Stage.SERVICES:
            running = handle.start(timeout_seconds=SERVICE_START_TIMEOUT_SECONDS)
        else:
            running = handle.start()
        return Place(part, "running", running.pid, running.url, str(running.log_path))

    def stop(self, part: Part) -> bool:
        """Stop a part; False when it did not run. Services are given time to finish what is under way."""
        handle = self._handle(part)
        if isinstance(handle, Server) and part.stage is Stage.SERVICES:
            return handle.stop(timeout_seconds=SERVICE_STOP_TIMEOUT_SECONDS)
        return handle.stop()

    def erase(self, part: Part) -> None:
        """Stop a part and remove what it kept."""
        self._handle(part).erase()

    def look(self, part: Part) -> Place:
        """Where a part is."""
        handle = self._handle(part)
        running = handle.find()
        if running is None:
            return Place(part, handle.standing.value)
        return Place(part, "running", running.pid, running.url, str(running.log_path))

    def last_lines(self, part: Part, count: int) -> list[str]:
        """The end of a part's log."""
        return self._handle(part).last_lines(count)

    def migrate(self) -> None:
        """Bring the database to the shape that the services need; not asked again for the same code."""
        path, version = self._folder_of(DATABASE) / MIGRATED_FILE, services.code_version()
        private = PrivateFolder(self.folder)
        if private.read(path) != version:
            services.migrate(self.settings())
            private.write(path, version)

    def route(self, serving: Sequence[Place]) -> None:
        """Let the load balancer lead requests to these, if it runs."""
        balancer = Balancer.find(self._folder_of(BALANCER))
        if balancer is None:
            return
        routes = []
        for place in serving:
            known = record.read(self._folder_of(place.part.name))
            if known is not None:
                group = TargetGroup(place.part.name, (known.ports[MAIN],), HEALTH)
                routes.append(Route.to(group, *place.part.paths))
        balancer.apply(routes)

    def settings(self) -> dict[str, str]:
        """What every service is told.

        Raises:
            PreflightFailed: a server has never been started, so nobody knows where it will be.
        """
        addresses = LocalAddresses(
            cache_port=self._port_of(CACHE),
            database_port=self._port_of(DATABASE),
            qdrant_url=f"http://{HOST}:{self._port_of(VECTOR_DATABASE)}",
            object_store_url=f"http://{HOST}:{self._port_of(OBJECT_STORE)}",
        )
        return shared_settings(addresses, self._secrets, self.purpose)

    @cached_property
    def _secrets(self) -> LocalSecrets:
        """Made when first needed, then the same for as long as the folder is there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locks.held(self.folder / "secrets.lock"):
            return _read_or_make_secrets(self.folder)

    def _port_of(self, name: str) -> int:
        if name == OBJECT_STORE:
            port = self._object_store.last_port
        else:
            known = record.read(self._folder_of(name))
            port = known.ports[MAIN] if known else None
        if port is None:
            raise PreflightFailed(
                f"nobody knows yet where the {name.replace('_', ' ')} of this machine will be",
                why="A part gets its port when it is first started, and keeps it.",
                hint="Start it once: studyctl local up",
            )
        return port

    def _folder_of(self, name: str) -> Path:
        return self.folder / name

    @property
    def _object_store(self) -> ObjectStore:
        return ObjectStore(self._folder_of(OBJECT_STORE), tuple(bucket_names().values()))

    def _handle(self, part: Part) -> Server | ObjectStore:
        return self._object_store if part.name == OBJECT_STORE else Server(self._program(part))

    def _monitor(self, name: str, watch: Watch) -> Alertmanager | Prometheus:
        folder = self._folder_of(name)
        if name == ALERTMANAGER:
            return Alertmanager(folder, configuration(watch, has_on_call=True, scale=self.tempo.scale))
        known = record.read(self._folder_of(ALERTMANAGER))
        return Prometheus(
            folder,
            rules=rule_file(watch, self.tempo),
            targets={
                part.name: found.ports[services.METRICS]
                for part in PARTS.values()
                if part.stage is Stage.SERVICES and (found := record.read(self._folder_of(part.name)))
            },
            alertmanager_port=known.ports[MAIN] if known else 0,
            scrape_seconds=self.tempo.scrape_seconds,
        )

    def _program(self, part: Part) -> Program:
        folder = self._folder_of(part.name)
        known = self._secrets
        if part.name == CACHE:
            return Valkey(folder, known.cache_password, USER, name=part.name)
        if part.name == DATABASE:
            return Postgresql(folder, known.database_password, USER, DATABASE_NAME, name=part.name)
        if part.name == VECTOR_DATABASE:
            limit, delay_seconds = self.rehearsal.vector_volume_bytes, self.rehearsal.vector_delay_seconds
            return Qdrant(folder, known.qdrant_api_key, name=part.name, volume_bytes=limit, delay_seconds=delay_seconds)
        if part.name in MONITORS:
            return self._monitor(part.name, NOTHING)
        if part.name == BALANCER:
            return BalancerProgram(folder, name=part.name)
        settings = {**self._settings_or_none(), **self.rehearsal.settings_of(part.name)}
        return services.ServiceProgram(folder, part.name, settings)

    def _settings_or_none(self) -> dict[str, str]:
        """To stop a service or to look at it nothing has to be known."""
        try:
            return self.settings()
        except PreflightFailed:
            return {}


def _read_or_make_secrets(folder: Path) -> LocalSecrets:
    path, private = folder / SECRETS_FILE, PrivateFolder(folder)
    text = private.read(path)
    if text is None:
        values = {name: secrets.token_urlsafe(_KEY_BYTES) for name in LocalSecrets.names()}
        values["event_encryption_key"] = base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
        private.write(path, json.dumps(values, indent=2) + "\n")
        return LocalSecrets(**values)
    try:
        return LocalSecrets(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise PreflightFailed(
            f"{path} does not hold the passwords of this machine's servers",
            why=str(error),
            hint=f"Remove it, then start with new passwords: rm {path} && studyctl local up",
        ) from error
