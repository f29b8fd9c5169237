"""What a destroy leaves: said of our own environments, one with copies in another region and one without."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.leftovers import KEY_DELETION_DAYS, Leftover, leftovers

ACCOUNT, BUCKET = "123456789012", "study-state-123456789012-us-east-1"


def of(name: str) -> tuple[Leftover, ...]:
    return leftovers(SpecFiles(REPOSITORY).load(name), ACCOUNT, BUCKET, does_aws_copy=True)


def test_without_copies_nothing_stays_that_anybody_has_to_remove() -> None:
    assert [one.what.partition(" ")[0] for one in of("dev")] == ["state", "its"]
    assert [one.command for one in of("dev") if one.command] == []


def test_what_aws_copied_to_another_region_is_removed_there() -> None:
    *_, images, backups = of("prod")
    assert "us-west-2" in images.what and "us-west-2" in backups.what
    assert shlex.split(images.command)[:3] == ["aws", "ecr", "delete-repository"]
    assert "--region us-west-2 --repository-name study-prod/app" in images.command
    assert "arn:aws:rds:us-east-1:123456789012:db:study-prod-database" in backups.command
    assert backups.command.count("--region us-west-2") == 2


def test_where_aws_copies_nothing_nothing_of_it_stays() -> None:
    emulated = leftovers(SpecFiles(REPOSITORY).load("prod"), ACCOUNT, BUCKET, does_aws_copy=False)
    assert emulated == of("prod")[:2]


@pytest.mark.parametrize("name", SpecFiles(REPOSITORY).names())
def test_no_command_reaches_into_the_region_of_the_environment_itself(name: str) -> None:
    region = SpecFiles(REPOSITORY).load(name).region
    assert [one for one in of(name) if f"--region {region}" in one.command] == []


def test_names_and_days_are_those_of_the_modules() -> None:
    keys = (REPOSITORY / "terraform/encryption/variables.tf").read_text("utf-8")
    assert re.search(rf"deletion_window_days = optional\(number, {KEY_DELETION_DAYS}\)", keys)
    assert 'repositories["app"]' in (REPOSITORY / "infra/platform/outputs.tf").read_text("utf-8")
    assert '"${var.name}-database"' in (REPOSITORY / "terraform/database/main.tf").read_text("utf-8")
