"""The loss of a region, drilled from a deployed environment to its report, by the commands that people type.

The tests are steps of one story and run in the order of this file; `drilled` pays for the deploy and the drill. What
came back is looked at by other clients than those that copied it.
"""

from __future__ import annotations

import json
import os
import ssl
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from qdrant_client import QdrantClient, models
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine, Finished

from studyctl import wiring
from studyctl.adapters.drill.database import MARKERS, DatabaseDoor
from studyctl.adapters.drill.vectors import VectorDoor
from studyctl.adapters.emulator import process
from studyctl.wiring import Site
from studyctl.wiring_drill import DrillSite, database_door, vector_door

pytestmark = [pytest.mark.terraform, pytest.mark.emulator, pytest.mark.slow]

DOCUMENT, TEXT = uuid.uuid4(), b"What is in the replica comes back."
PLATFORM = "platform"
POINT, VECTOR = 7, [0.0, 1.0]


@dataclass(frozen=True)
class Town:
    """An environment with copies in its backup region, small as dev is, and what a drill makes of it."""

    checkout: Checkout
    studyctl: CommandLine

    def opened(self) -> DrillSite:
        """Both environments, as commands open them in the checkout's folder."""
        return DrillSite.open(wiring.open_site("dev", start=False))

    def objects(self, site: Site, key: str) -> dict[str, bytes]:
        """The bucket's objects."""
        s3, bucket = site.session.client("s3"), _platform(site)["buckets"][key]
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    file = checkout.environment_file("dev")
    text = file.read_text("utf-8")
    assert text.count("has_backup_region_copies: false") == 2
    file.write_text(text.replace("has_backup_region_copies: false", "has_backup_region_copies: true"), "utf-8")
    before = os.getcwd()  # noqa: PTH109 - put back as it was
    os.chdir(checkout.folder)
    process.start(checkout.emulator_folder)
    yield Town(checkout, CommandLine(checkout.folder))
    process.stop(checkout.emulator_folder)
    os.chdir(before)


@pytest.fixture(scope="module")
def drilled(town: Town) -> Finished:
    """Deployed, given something of a user in each store, and drilled; the substitute is kept."""
    town.studyctl("deploy", "dev").must(0)
    site = wiring.open_site("dev", start=False)
    with _database(database_door(site, _platform(site))) as connection:
        connection.execute(
            "INSERT INTO documents (id, user_id, filename, content_type, size_bytes, sha256, status, wants_index)"
            " VALUES (%s, 'u', 'a|b\n.txt', 'text/plain', 1, '0', 'processed', false)",
            [DOCUMENT],
        )
    s3 = site.session.client("s3")
    s3.put_object(Bucket=_platform(site)["buckets"]["uploads"], Key=f"u/{DOCUMENT}", Body=TEXT)
    with closing(_qdrant(vector_door(site, _platform(site)))) as client:
        client.create_collection("of-a-user", models.VectorParams(size=2, distance=models.Distance.COSINE))
        client.create_payload_index("of-a-user", "user_id", models.PayloadSchemaType.KEYWORD, wait=True)
        client.upsert("of-a-user", [models.PointStruct(id=POINT, vector=VECTOR, payload={"user_id": "u"})], wait=True)
    return town.studyctl("dr", "drill", "dev", "--keep", "--json").must(0)


def test_everything_came_back_in_time(drilled: Finished) -> None:
    report = drilled.document
    assert report["has_passed"] and report["differences"] == []
    assert (report["recovery_time"]["is_met"], report["recovery_point"]["is_met"]) == (True, True)
    held = {store["store"]: store["restored"] for store in report["stores"]}
    assert held["database"]["public.documents"] >= 1
    assert held["uploads bucket"]["bytes"] >= len(TEXT)
    assert held["vector database"]["of-a-user"] == 1


def test_only_what_was_written_before_the_copies_came_back(drilled: Finished) -> None:
    assert {store["newest_marker"] for store in drilled.document["stores"]} == {1}
    assert drilled.document["recovery_point"]["seconds"] > 0


def test_what_users_wrote_is_in_the_substitutes_stores(drilled: Finished, town: Town) -> None:
    site = town.opened().substitute
    with _database(database_door(site, _platform(site))) as connection:
        rows = connection.execute("SELECT filename FROM documents WHERE id = %s", [DOCUMENT]).fetchall()
    assert rows == [("a|b\n.txt",)]
    assert town.objects(site, "uploads")[f"u/{DOCUMENT}"] == TEXT
    with closing(_qdrant(vector_door(site, _platform(site)))) as client:
        (point,) = client.query_points("of-a-user", query=VECTOR, with_vectors=True).points
        assert (point.id, point.vector, point.payload) == (POINT, VECTOR, {"user_id": "u"})
        assert set(client.get_collection("of-a-user").payload_schema) == {"user_id"}


def test_the_environment_was_left_as_it_was(drilled: Finished, town: Town) -> None:
    site = town.opened().lost.site
    with _database(database_door(site, _platform(site))) as connection:
        assert connection.execute("SELECT to_regclass(%s)", [MARKERS]).fetchall() == [(None,)]
    assert set(town.objects(site, "uploads")) == {f"u/{DOCUMENT}"}
    with closing(_qdrant(vector_door(site, _platform(site)))) as client:
        assert MARKERS not in [each.name for each in client.get_collections().collections]
    assert not town.opened().copies.exists()
    town.studyctl("smoke", "dev", "--check", "services").must(0)


def test_the_report_and_a_runbook_are_kept(drilled: Finished, town: Town) -> None:
    folder = town.opened().results(drilled.document["run_id"])
    assert json.loads((folder / "report.json").read_text("utf-8")) == drilled.document
    assert (folder / "runbook.md").read_text("utf-8").startswith("# Recovering dev in us-west-2\n")


def test_what_was_kept_is_removed_on_demand(drilled: Finished, town: Town) -> None:
    left = town.studyctl("dr", "drill", "dev").must(3)
    assert "studyctl dr drill dev --clean-up" in left.stderr
    town.studyctl("dr", "drill", "dev", "--clean-up").must(0)
    site = town.opened().substitute
    assert not site.bucket.identifiers()
    session, name = site.session, "study-dev-dr"
    named = [
        *(each["RoleName"] for each in session.client("iam").list_roles(MaxItems=1000)["Roles"]),
        *(each["Name"] for each in session.client("s3").list_buckets()["Buckets"]),
        *(each["DBInstanceIdentifier"] for each in session.client("rds").describe_db_instances()["DBInstances"]),
    ]
    assert [each for each in named if each.startswith(name)] == []
    town.studyctl("dr", "drill", "dev", "--clean-up").must(0)


@pytest.mark.parametrize("name", ["staging", "nowhere"])
def test_where_nothing_can_be_drilled_nothing_is(town: Town, name: str) -> None:
    town.studyctl("dr", "drill", name).must(64)
    town.studyctl("dr", "drill", "dev", "--keep", "--clean-up").must(64)


def _platform(site: Site) -> Any:
    return site.bucket.state_outputs()[PLATFORM]


def _database(door: DatabaseDoor) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=door.host,
        port=door.port,
        dbname=door.database,
        user=door.user,
        password=door.password,
        sslmode="verify-full",
        sslrootcert=door.ca_file,
    )


def _qdrant(door: VectorDoor) -> QdrantClient:
    trust = ssl.create_default_context(cafile=door.ca_file)
    return QdrantClient(
        url=f"https://{door.host}:{door.port}", api_key=door.api_key, verify=trust, check_compatibility=False
    )
