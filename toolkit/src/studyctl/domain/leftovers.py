"""What a destroy leaves on purpose, and how it is removed when it is not wanted either.

Judged from the environment's file and from what the modules do, so this must change when they do:
terraform/encryption (keys), terraform/service (task definitions), terraform/vector_db (snapshots), terraform/database
(metrics of its operating system), terraform/database_backups (replicated backups), infra/bootstrap (state, ledgers,
images). Nothing else of a database, a cache, a bucket or a vault stays: what can be destroyed was deployed so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.environment import Environment
from studyctl.domain.residents import Resident

KEY_DELETION_DAYS = 30
"""How long a KMS key waits for its end (terraform/encryption, deletion_window_days)."""
OS_METRICS_DAYS = 30
"""How long enhanced monitoring's samples are kept (Amazon RDS User Guide, "Enhanced Monitoring")."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that stays. `command`: what removes it; empty: nobody has to, `until` says when it goes."""

    what: str
    until: str
    command: str = ""


def leftovers(spec: Environment, account_id: str, bucket: str, *, does_aws_copy: bool) -> tuple[Leftover, ...]:
    """Return what stays of an environment that was destroyed, in its account and in its backup region.

    `does_aws_copy`: whether anybody made the copies that AWS makes by itself; an emulator does not.
    """
    here = tuple(_in_the_account(spec, bucket))
    return (*here, *_made_by_aws(spec), *_in_the_backup_region(spec, account_id)) if does_aws_copy else here


def _in_the_account(spec: Environment, bucket: str) -> Iterator[Leftover]:
    copies = Resident.of(spec)
    yield Leftover(
        f"state and ledgers in s3://{bucket}/environments/{spec.name}/"
        + (" and their copy" if copies.has_copies else ""),
        "for good: what was deployed and released stays known, and nobody may delete a version",
    )
    yield Leftover(
        "its KMS keys, disabled",
        f"AWS deletes them after {KEY_DELETION_DAYS} days; until then `aws kms cancel-key-deletion` gives one back",
    )

    yield Leftover(
        "the revisions of task definitions that releases registered",
        "for good; they cost nothing, and the ledger holds the same documents",
        f"aws ecs list-task-definitions --region {spec.region} --query "
        f"\"taskDefinitionArns[?contains(@, ':task-definition/{_prefix(spec)}-')]\" --output text | "
        f"xargs -r -n1 aws ecs deregister-task-definition --region {spec.region} --task-definition",
    )


def _made_by_aws(spec: Environment) -> Iterator[Leftover]:
    yield Leftover(
        "daily snapshots of the vector database's disk",
        f"for good, and charged: nothing expires them any more; unreadable in {KEY_DELETION_DAYS} days, with their key",
        f"aws ec2 describe-snapshots --region {spec.region} --owner-ids self --filters "
        f"Name=tag:SnapshotPolicy,Values={_prefix(spec)}-vector-db --query 'Snapshots[].SnapshotId' --output text | "
        f"xargs -r -n1 aws ec2 delete-snapshot --region {spec.region} --snapshot-id",
    )
    yield Leftover(
        "metrics of the database's operating system, in the log group RDSOSMetrics of the whole account",
        f"they expire after {OS_METRICS_DAYS} days",
    )


def _prefix(spec: Environment) -> str:
    return f"{spec.project}-{spec.name}"


def _in_the_backup_region(spec: Environment, account_id: str) -> Iterator[Leftover]:
    prefix, there = _prefix(spec), spec.backup_region
    if Resident.of(spec).has_copies:
        yield Leftover(
            f"images that ECR copied to {there}",
            "for good: no lifecycle reaches them",
            f"aws ecr delete-repository --region {there} --repository-name {prefix}/app --force",
        )
    if spec.database.has_backup_region_copies:
        source = f"arn:aws:rds:{spec.region}:{account_id}:db:{prefix}-database"
        yield Leftover(
            f"automated backups of the database that RDS copied to {there}",
            f"they expire within {spec.database.backup_retention_days} days",
            f"aws rds describe-db-instance-automated-backups --region {there} --query "
            f"\"DBInstanceAutomatedBackups[?DBInstanceArn=='{source}'].DBInstanceAutomatedBackupsArn\" --output text | "
            f"xargs -r -n1 aws rds delete-db-instance-automated-backup --region {there} "
            "--db-instance-automated-backups-arn",
        )
