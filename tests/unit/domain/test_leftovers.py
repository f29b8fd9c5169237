"""What a destroy leaves: said of our own environments, one with copies in another region and one without."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.environment import Environment
from studyctl.domain.leftovers import KEY_DELETION_DAYS, Leftover, leftovers

ACCOUNT, BUCKET = "123456789012", "study-state-123456789012-us-east-1"


def spec(name: str) -> Environment:
    return SpecFiles(REPOSITORY).load(name)


def of(name: str) -> tuple[Leftover, ...]:
    return leftovers(spec(name), ACCOUNT, BUCKET, does_aws_copy=True)


def test_without_copies_only_snapshots_stay_that_cost_something() -> None:
    assert [one.what.split()[-1] for one in of("dev") if "charged" in one.until] == ["disk"]
    assert [one.what for one in of("dev") if spec("dev").backup_region in one.command] == []


@pytest.mark.parametrize("name", SpecFiles(REPOSITORY).names())
def test_what_aws_makes_by_itself_is_found_by_the_names_of_this_environment_only(name: str) -> None:
    commands = {one.what: one.command for one in of(name)}
    revisions = commands["the revisions of task definitions that releases registered"]
    snapshots = commands["daily snapshots of the vector database's disk"]
    assert f"':task-definition/study-{name}-'" in revisions
    assert f"Name=tag:SnapshotPolicy,Values=study-{name}-vector-db " in snapshots
    assert snapshots.count(f"--region {spec(name).region}") == 2


def test_what_aws_copied_to_another_region_is_removed_there() -> None:
    *_, images, backups = of("prod")
    assert "us-west-2" in images.what and "us-west-2" in backups.what
    assert shlex.split(images.command)[:3] == ["aws", "ecr", "delete-repository"]
    assert "--region us-west-2 --repository-name study-prod/app" in images.command
    assert "arn:aws:rds:us-east-1:123456789012:db:study-prod-database" in backups.command
    assert backups.command.count("--region us-west-2") == 2


def test_where_aws_copies_nothing_nothing_of_it_stays() -> None:
    emulated = leftovers(spec("prod"), ACCOUNT, BUCKET, does_aws_copy=False)
    assert emulated == of("prod")[:3]
    assert [one.until for one in emulated if "charged" in one.until] == []


@pytest.mark.parametrize("name", SpecFiles(REPOSITORY).names())
def test_every_call_of_a_command_names_its_region_and_works_in_one(name: str) -> None:
    for one in (each for each in of(name) if each.command):
        assert one.command.count("aws ") == one.command.count("--region ")
        assert len(set(re.findall(r"--region (\S+)", one.command))) == 1


def test_names_and_days_are_those_of_the_modules() -> None:
    keys = (REPOSITORY / "terraform/encryption/variables.tf").read_text("utf-8")
    assert re.search(rf"deletion_window_days = optional\(number, {KEY_DELETION_DAYS}\)", keys)
    assert 'repositories["app"]' in (REPOSITORY / "infra/platform/outputs.tf").read_text("utf-8")
    volume = (REPOSITORY / "terraform/vector_db/volume.tf").read_text("utf-8")
    assert re.search(r"SnapshotPolicy = local.identifier\n", volume) and "copy_tags = true" in volume
    assert '"${var.name}-vector-db"' in (REPOSITORY / "terraform/vector_db/main.tf").read_text("utf-8")
    assert '"${var.name}-database"' in (REPOSITORY / "terraform/database/main.tf").read_text("utf-8")
