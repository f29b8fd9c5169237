"""What would be left of an environment in its backup region."""

from __future__ import annotations

import itertools
import re

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.disaster.prospects import (
    DAILY_SECONDS,
    LOG_SECONDS,
    RECOVERY_POINT_SECONDS,
    REPLICATION_SECONDS,
    Asset,
    Prospect,
    not_shown_by_a_drill,
    plan_recovery,
)
from studyctl.domain.environment import Environment


def spec(*, database_copies: bool, bucket_copies: bool) -> Environment:
    prod = SpecFiles(REPOSITORY).load("prod")
    return prod.model_copy(
        update={
            "database": prod.database.model_copy(update={"has_backup_region_copies": database_copies}),
            "object_storage": prod.object_storage.model_copy(update={"has_backup_region_copies": bucket_copies}),
        }
    )


@pytest.mark.parametrize(("database", "buckets"), list(itertools.product([True, False], repeat=2)))
def test_what_is_not_copied_is_lost(database: bool, buckets: bool) -> None:
    plan = plan_recovery(spec(database_copies=database, bucket_copies=buckets))
    found = {asset.name: asset.prospect for asset in plan.assets}
    assert (found["database"] is Prospect.LOST) != database
    assert (found["uploads bucket"] is Prospect.LOST) != buckets
    assert (found["vector database"] is Prospect.LOST) != buckets


def test_replicated_logs_meet_five_minutes_and_replicated_objects_do_not() -> None:
    plan = plan_recovery(spec(database_copies=True, bucket_copies=True))
    assert {asset.name for asset in plan.missed} == {"uploads bucket", "processed bucket", "queues"}
    assert not plan.is_sufficient


@pytest.mark.parametrize(("database", "buckets"), list(itertools.product([True, False], repeat=2)))
def test_ledger_and_images_are_kept_where_any_data_are(database: bool, buckets: bool) -> None:
    plan = plan_recovery(spec(database_copies=database, bucket_copies=buckets))
    found = {asset.name: asset.prospect for asset in plan.assets}
    expected = Prospect.KEPT if database or buckets else Prospect.LOST
    assert (found["release ledger and state"], found["images"]) == (expected, expected)


@pytest.mark.parametrize(
    ("asset", "met"),
    [
        (Asset("a", Prospect.KEPT, "m"), True),
        (Asset("a", Prospect.REMADE, "m"), True),
        (Asset("a", Prospect.LATE, "m", loss_seconds=RECOVERY_POINT_SECONDS), True),
        (Asset("a", Prospect.LATE, "m", loss_seconds=RECOVERY_POINT_SECONDS + 1), False),
        (Asset("a", Prospect.LOST, "m"), False),
    ],
)
def test_an_objective_is_met_when_no_more_is_lost_than_may_be(asset: Asset, met: bool) -> None:
    assert asset.meets_objective is met


def test_the_state_of_the_recovered_is_not_the_state_of_the_lost() -> None:
    plan = plan_recovery(spec(database_copies=True, bucket_copies=True))
    assert plan.state_key == "environments/prod-dr/platform.tfstate"


def test_what_is_changed_in_one_region_of_the_world_stands_in_the_way_when_that_one_is_lost() -> None:
    prod = spec(database_copies=True, bucket_copies=True)
    assert any("roles" in each for each in plan_recovery(prod).obstacles)
    elsewhere = prod.model_copy(
        update={
            "region": "eu-central-1",
            "domain": prod.domain.model_copy(update={"hosted_zone_id": "Z0123456789ABCDEFGHIJ"}),
        }
    )
    assert plan_recovery(elsewhere).obstacles == ()


def test_a_drill_says_what_it_does_not_show_obstacles_included() -> None:
    prod = spec(database_copies=True, bucket_copies=True)
    told = not_shown_by_a_drill(prod)
    assert f"{prod.database.storage_gib} GiB" in told[0]
    assert [line for line in told if line.startswith("in the way in AWS: ")] == [
        f"in the way in AWS: {obstacle}" for obstacle in plan_recovery(prod).obstacles
    ]


def test_the_modules_do_what_the_judgement_takes_them_to_do() -> None:
    def text(module: str, file: str) -> str:
        return (REPOSITORY / "terraform" / module / file).read_text("utf-8")

    assert re.findall(r"cron\(.*\)", text("database", "backup.tf")) == ["cron(0 8 * * ? *)"], DAILY_SECONDS
    replication = text("object_store", "replication.tf")
    assert "aws_s3_bucket_replication_configuration" in replication
    assert "replication_time" in replication, REPLICATION_SECONDS
    assert "cross_region_copy" not in text("vector_db", "volume.tf")
    assert "aws_db_instance_automated_backups_replication" in text("database_backups", "main.tf"), LOG_SECONDS
    platform = "\n".join(path.read_text("utf-8") for path in (REPOSITORY / "infra" / "platform").glob("*.tf"))
    assert "../../terraform/database_backups" in platform
    assert re.search(r"has_time_control += true", platform)
    copies = (REPOSITORY / "infra" / "bootstrap" / "copies.tf").read_text("utf-8")
    assert "aws_ecr_replication_configuration" in copies
    assert "has_time_control = true" in (REPOSITORY / "infra" / "bootstrap" / "main.tf").read_text("utf-8")
