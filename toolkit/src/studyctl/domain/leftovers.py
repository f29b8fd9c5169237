"""What a destroy leaves on purpose, and how it is removed when it is not wanted either.

Judged from the environment's file and from what the modules do, so this must change when they do:
terraform/encryption (keys), terraform/database_backups (replicated backups), infra/bootstrap (state, ledgers, images).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.environment import Environment
from studyctl.domain.residents import Resident

KEY_DELETION_DAYS = 30
"""How long a KMS key waits for its end (terraform/encryption, deletion_window_days)."""


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
    return (*here, *_in_the_backup_region(spec, account_id)) if does_aws_copy else here


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


def _in_the_backup_region(spec: Environment, account_id: str) -> Iterator[Leftover]:
    prefix, there = f"{spec.project}-{spec.name}", spec.backup_region
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
            f"xargs -n1 aws rds delete-db-instance-automated-backup --region {there} "
            "--db-instance-automated-backups-arn",
        )
