"""What of an environment could be had again in its backup region when its own is lost, and how much would be gone.

Judged from the environment's file and from what the modules do with it, so this must change when they do:
terraform/database/backup.tf (daily copies), terraform/database_backups, terraform/object_store/replication.tf,
terraform/vector_db/volume.tf, and infra/bootstrap/copies.tf for what belongs to the account.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.disaster.naming import substitute_name
from studyctl.domain.environment import Environment
from studyctl.domain.residents import Resident

RECOVERY_TIME_SECONDS = 3_600
"""Within which a platform shall serve again (production seed, 'Disaster Recovery': RTO 1 hour)."""
RECOVERY_POINT_SECONDS = 300
"""How much at most may be lost (production seed, 'Disaster Recovery': RPO 5 minutes)."""
LOG_SECONDS = 300
"""How often RDS writes transaction logs to S3 (RDS User Guide, 'Restoring to a specified time'). It copies them to
another region as soon as they are there ('Replicating automated backups to another AWS Region'), without a promise."""
DAILY_SECONDS = 86_400
"""AWS Backup's schedule of the database, for when the replicated backups are gone as well."""
REPLICATION_SECONDS = 900
"""Within which S3 answers for 99.99 % of new objects where time control is on (S3 User Guide, 'S3 Replication Time
Control'); most are there in seconds."""

GLOBAL_CONTROL_REGION = "us-east-1"
"""Where IAM, Route 53, CloudFront and Budgets are changed, whatever the region of what they are for (AWS whitepaper
'AWS Fault Isolation Boundaries', 'Global services')."""


class Prospect(enum.StrEnum):
    """What can be hoped for."""

    KEPT = "kept"
    LATE = "late"
    REMADE = "remade"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Asset:
    """Something that an environment needs. `loss_seconds`: how much may be lost, or more; None: all or nothing."""

    name: str
    prospect: Prospect
    means: str
    missing: str = ""
    loss_seconds: int | None = None

    @property
    def meets_objective(self) -> bool:
        """Whether no more is lost than may be."""
        if self.prospect is Prospect.LOST:
            return False
        return self.loss_seconds is None or self.loss_seconds <= RECOVERY_POINT_SECONDS


@dataclass(frozen=True)
class RecoveryPlan:
    """Where to, with what, and what stands in the way. `obstacles` stop the composition from being applied there."""

    environment: str
    lost_region: str
    backup_region: str
    state_key: str
    assets: tuple[Asset, ...]
    obstacles: tuple[str, ...]

    @property
    def missed(self) -> tuple[Asset, ...]:
        """What would lose more than may be lost."""
        return tuple(asset for asset in self.assets if not asset.meets_objective)

    @property
    def is_sufficient(self) -> bool:
        """Whether the objective for data is met and nothing stands in the way. Time can only be known from a drill."""
        return not self.missed and not self.obstacles


def plan_recovery(spec: Environment) -> RecoveryPlan:
    """Say what would be had again in the backup region of an environment."""
    return RecoveryPlan(
        environment=spec.name,
        lost_region=spec.region,
        backup_region=spec.backup_region,
        state_key=f"environments/{substitute_name(spec.name)}/platform.tfstate",
        assets=(_database(spec), *_buckets(spec), *_rest(spec)),
        obstacles=tuple(_obstacles(spec)),
    )


def _database(spec: Environment) -> Asset:
    if not spec.database.has_backup_region_copies:
        return Asset(
            "database", Prospect.LOST, "backups are in the lost region only", "database.has_backup_region_copies: true"
        )
    return Asset(
        "database",
        Prospect.LATE,
        "snapshots and transaction logs replicated by RDS, restored to any second; daily copies in a vault as well",
        "a promise of how long a log is under way: a read replica there would be seconds behind, and is not made",
        LOG_SECONDS,
    )


def _buckets(spec: Environment) -> Iterator[Asset]:
    for bucket in ("uploads", "processed"):
        if spec.object_storage.has_backup_region_copies:
            means = "replica in the backup region, most of it within seconds"
            missing = "S3 answers for no less than 15 minutes: a service that writes to both regions by itself"
            yield Asset(f"{bucket} bucket", Prospect.LATE, means, missing, REPLICATION_SECONDS)
        else:
            missing = "object_storage.has_backup_region_copies: true"
            yield Asset(f"{bucket} bucket", Prospect.LOST, "objects are in the lost region only", missing)
    yield Asset("web bucket", Prospect.REMADE, "upload the site again from its source")


def _rest(spec: Environment) -> Iterator[Asset]:
    yield Asset(
        "vector database",
        Prospect.REMADE if spec.object_storage.has_backup_region_copies else Prospect.LOST,
        "index every document again from the processed bucket; its disk snapshots are in the lost region only",
        "a command that indexes everything again, or copies of the snapshots",
    )
    yield Asset("cache", Prospect.REMADE, "fills again by itself; sessions and rate limits begin anew")
    yield Asset("queues", Prospect.LOST, "messages under way are gone", "publishing again what was not consumed")
    yield Asset("secrets", Prospect.REMADE, "generated anew: what was signed with the old ones is void")
    yield from _of_the_account(spec)


def _of_the_account(spec: Environment) -> Iterator[Asset]:
    """What bootstrap made for every environment that keeps copies."""
    ledger, images = "release ledger and state", "images"
    if Resident.of(spec).has_copies:
        yield Asset(ledger, Prospect.KEPT, "replica of the state bucket; a release of the last minutes may be missing")
        yield Asset(images, Prospect.KEPT, "replicated by the registry, under the same digests")
        return
    asked = "database.has_backup_region_copies or object_storage.has_backup_region_copies: true"
    yield Asset(ledger, Prospect.LOST, f"the state bucket is in {spec.region} only", asked)
    yield Asset(images, Prospect.LOST, f"the registry is in {spec.region} only", asked)


def _obstacles(spec: Environment) -> Iterator[str]:
    if spec.region == GLOBAL_CONTROL_REGION:
        yield (
            f"roles, DNS records, CloudFront and budgets are changed in {GLOBAL_CONTROL_REGION} only, so while that "
            "region cannot be asked none can be made: what a recovery needs of them must be there before"
        )
    if spec.edge is not None and spec.region == GLOBAL_CONTROL_REGION:
        yield f"CloudFront's firewall and certificate are made in {GLOBAL_CONTROL_REGION}, the region that is lost"
    if spec.domain.hosted_zone_id is None:
        yield f"a second zone is made below {spec.domain.name}, which nobody is delegated to"


def not_shown_by_a_drill(spec: Environment) -> tuple[str, ...]:
    """What a drill on the emulator says nothing about."""
    return tuple(_not_shown(spec))


def _not_shown(spec: Environment) -> Iterator[str]:
    yield (
        f"how long AWS takes to restore {spec.database.storage_gib} GiB of database and "
        f"{spec.vector_database.volume_gib} GiB of vectors: the data here are small and copied by local programs"
    )
    yield (
        "how old the copies are when a region is lost: the drill made its own a moment before. In AWS logs of the "
        f"database go there every {LOG_SECONDS // 60} min, objects within {REPLICATION_SECONDS // 60} min "
        f"(studyctl dr plan {spec.name})"
    )
    yield "that S3 replicates: the drill copied the objects in its place"
    yield "copies of vectors: nothing in AWS makes any in the backup region; documents would be indexed again"
    yield "that images and the ledger reach the backup region: the emulator copies neither; both came from this machine"
    yield f"the loss itself: {spec.region} was not switched off, the drill only read nothing of it any more"
    yield "moving the users: DNS and the CDN still lead to the lost environment"
    yield "messages under way, sessions, what was signed with old secrets: they are not recovered at all"
    yield from (f"in the way in AWS: {obstacle}" for obstacle in _obstacles(spec))
