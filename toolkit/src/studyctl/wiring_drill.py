"""Chooses the implementations for drilling the loss of a region; nothing else does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studyctl.adapters.aws.calls import asking
from studyctl.adapters.drill.buckets import BucketStore
from studyctl.adapters.drill.database import DatabaseDoor, DatabaseStore
from studyctl.adapters.drill.kept import KeptRelease
from studyctl.adapters.drill.vectors import VectorDoor, VectorStore
from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.ecs_agent.substitution import StandIn
from studyctl.domain.disaster.prospects import not_shown_by_a_drill
from studyctl.domain.disaster.substitute import substitute_of
from studyctl.domain.release.definitions import referenced_secrets
from studyctl.errors import PreflightFailed, UsageError
from studyctl.usecases.drill import Scene, Store
from studyctl.wiring import Site, emulator_folder, specs
from studyctl.wiring_releases import ReleaseSite, open_releases

DRILLS, COPIES = "drills", "copies"
REPORT_FILE, RUNBOOK_FILE = "report.json", "runbook.md"
SERVICE = "api"
"""Whose task definition tells where the stores' secrets are: the service that may reach all of them."""
REPLICATED = ("uploads", "processed")
"""The buckets with data of users (`replicated_buckets` in infra/platform/storage.tf)."""


def substitute_site(site: Site) -> Site:
    """The environment that takes the place of a site's, in its backup region, on the same emulator.

    Raises:
        UsageError: there is nothing to recover it from, or this is no emulator.
        PreflightFailed: the emulator is not running.
    """
    name = site.environment.name
    spec = substitute_of(site.environment, taken=specs().names())
    if site.connection.is_real:
        raise UsageError(
            f"{name} is on AWS, and a drill there would build a second platform and restore from backups for real",
            why="Nobody has tried that yet; the drill copies data only where an emulator keeps them on this machine.",
            hint=f"Deploy and drill it on the emulator: studyctl dr drill {name} --target emulator",
        )
    endpoint = process.find(emulator_folder(site.repository))
    if endpoint is None:
        raise PreflightFailed("the emulator is not running, so nothing is deployed on it")
    variables = process.terraform_environment(endpoint, region=spec.region)
    return replace(site, environment=spec, connection=replace(site.connection, region=spec.region, variables=variables))


@dataclass(frozen=True)
class DrillSite:
    """The environment that is drilled, `lost`, and the one that takes its place."""

    lost: ReleaseSite
    substitute: Site

    @classmethod
    def open(cls, site: Site) -> DrillSite:
        """Open both.

        Raises:
            UsageError, PreflightFailed: nothing is deployed, or there is nothing to recover it from.
        """
        substitute = substitute_site(site)
        return cls(open_releases(site), substitute)

    @property
    def scene(self) -> Scene:
        """What is drilled."""
        spec = self.lost.site.environment
        return Scene(
            environment=spec.name,
            lost_region=spec.region,
            backup_region=spec.backup_region,
            commit=self.lost.origin().commit,
            not_shown=not_shown_by_a_drill(spec),
        )

    @property
    def copies(self) -> Path:
        """Where the copies lie. They hold what users wrote, and are removed with the drill."""
        return self.lost.site.workspace.build / DRILLS / COPIES

    def results(self, run_id: str) -> Path:
        """Where the report and the runbook of one drill lie."""
        return self.lost.site.workspace.build / DRILLS / run_id

    @property
    def backup(self) -> KeptRelease:
        """The release that is to be recovered."""
        return KeptRelease(self.copies)

    @cached_property
    def stores(self) -> tuple[Store, ...]:
        """Everything that has data of users, in the order of restoring."""
        site, platform = self.lost.site, self.lost.platform
        there, here = site.session.client("s3"), self.substitute.session.client("s3")
        buckets = (BucketStore(key, there, here, platform["buckets"][key]) for key in REPLICATED)
        return (
            DatabaseStore(
                source=lambda: database_door(site, platform),
                target=lambda built: database_door(self.substitute, built),
                folder=self.copies,
            ),
            *buckets,
            VectorStore(
                source=lambda: vector_door(site, platform),
                target=lambda built: vector_door(self.substitute, built),
                folder=self.copies,
            ),
        )

    def built(self, platform: Mapping[str, Any]) -> ReleaseSite:
        """The substitute once its infrastructure stands."""
        return ReleaseSite(self.substitute, platform)


def database_door(site: Site, platform: Mapping[str, Any]) -> DatabaseDoor:
    """Where the database of a deployed environment is reached from here.

    Raises:
        PreflightFailed: no server stands behind its name.
    """
    known = platform["database"]
    host, _, port = known["endpoint"].rpartition(":")
    found = _stand_in(site, host, int(port))
    login = json.loads(_secret(site, known["secret_arn"]))
    with asking(f"describe the database {known['identifier']}"):
        described = site.session.client("rds").describe_db_instances(DBInstanceIdentifier=known["identifier"])
    return DatabaseDoor(
        host=found.local_host,
        port=found.local_port,
        database=described["DBInstances"][0]["DBName"],
        user=login["username"],
        password=login["password"],
        ca_file=found.ca_file,
    )


def vector_door(site: Site, platform: Mapping[str, Any]) -> VectorDoor:
    """Where its vector database is.

    Raises:
        PreflightFailed: no server stands behind its name.
    """
    url = urlsplit(platform["vector_database"]["endpoint"])
    found = _stand_in(site, url.hostname or "", url.port)
    place = ReleaseSite(site, platform)
    definition = place.aws.services.definition(place.place.services[SERVICE].template_arn)
    key = _secret(site, referenced_secrets(definition)["QDRANT_API_KEY"])
    return VectorDoor(found.local_host, found.local_port, key, found.ca_file)


def _stand_in(site: Site, host: str, port: int | None) -> StandIn:
    """The server of this machine behind a name of the account; it runs since the first task that needed it.

    Raises:
        PreflightFailed: no task ever did.
    """
    found = read_addresses(emulator_folder(site.repository)).find(host, port)
    if found is None:
        raise PreflightFailed(
            f"no server stands behind {host} on this machine",
            why="The emulator starts it with the first task that needs it.",
            hint=f"Release into it: studyctl deploy {site.environment.name}",
        )
    return found


def _secret(site: Site, identifier: str) -> str:
    with asking(f"read the secret {identifier}"):
        return str(site.session.client("secretsmanager").get_secret_value(SecretId=identifier)["SecretString"])
