from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studyctl.adapters.plan_store import manifest_path, read_saved_plan, write_manifest
from studyctl.domain.plan_manifest import PlanManifest
from studyctl.domain.records import StateVersion
from studyctl.errors import StalePlan

MANIFEST = PlanManifest(
    environment="dev",
    account_id="123456789012",
    region="us-east-1",
    boot_id="boot",
    sha256="0" * 64,
    size_bytes=10,
    digest="digest",
    has_changes=True,
    state_serial=7,
    state_lineage="lineage",
    commit="commit",
    created_at="2026-11-22T12:00:00+00:00",
)
STATE = StateVersion(serial=7, lineage="lineage", version_id="v", terraform_version="1.11.4", resources=3)


def require(manifest: PlanManifest, **changes: object) -> None:
    present: dict[str, object] = {
        "environment": "dev",
        "account_id": "123456789012",
        "region": "us-east-1",
        "boot_id": "boot",
        "state": STATE,
    }
    manifest.require(**(present | changes))  # type: ignore[arg-type]


def test_a_plan_is_believed_where_it_was_made() -> None:
    require(MANIFEST)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"environment": "prod"}, "environment"),
        ({"account_id": "999999999999"}, "account"),
        ({"region": "eu-west-1"}, "region"),
        ({"boot_id": "another"}, "emulator"),
        ({"state": replace(STATE, lineage="other")}, "lineage"),
        ({"state": replace(STATE, serial=8)}, "serial"),
        ({"state": None}, "lineage"),
    ],
)
def test_f29_f30_f33_a_plan_for_something_else_is_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(StalePlan, match=named):
        require(MANIFEST, **changes)


def test_a_manifest_survives_its_file_and_is_private(tmp_path: Path) -> None:
    plan = tmp_path / "dev.tfplan"
    plan.write_bytes(b"0123456789")
    write_manifest(plan, MANIFEST)
    write_manifest(plan, MANIFEST)
    assert manifest_path(plan).stat().st_mode & 0o777 == 0o600
    file, manifest = read_saved_plan(plan)
    assert manifest == MANIFEST
    assert (file.path, file.sha256) == (plan, MANIFEST.sha256)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"environment": "dev"}'])
def test_without_a_whole_manifest_no_plan_is_believed(tmp_path: Path, content: str | None) -> None:
    plan = tmp_path / "dev.tfplan"
    plan.write_bytes(b"")
    if content is not None:
        manifest_path(plan).write_text(content)
    with pytest.raises(StalePlan):
        read_saved_plan(plan)
