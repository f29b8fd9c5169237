from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studyctl.domain.plan_manifest import LIFETIME, Circumstances, PlanManifest, require_same_changes
from studyctl.errors import StalePlan

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = Circumstances(
    environment="dev",
    account_id="123456789012",
    region="us-east-1",
    boot_id="boot",
    backend="s3://study-state/environments/dev/platform.tfstate",
    state_lineage="lineage",
    state_serial=7,
    state_version_id="version",
    variables_sha256="f" * 64,
    commit="commit",
    toolkit_version="0.1.0",
    terraform_version="1.11.4",
)
MANIFEST = PlanManifest(
    made_for=HERE,
    sha256="0" * 64,
    size_bytes=10,
    change_set="digest",
    has_changes=True,
    created_at=NOW.isoformat(),
    expires_at=(NOW + LIFETIME).isoformat(),
)


def refused(**changes: Any) -> str:
    with pytest.raises(StalePlan) as stale:
        MANIFEST.require(replace(HERE, **changes), NOW)
    return stale.value.what


def test_a_plan_is_believed_where_it_was_made() -> None:
    MANIFEST.require(HERE, NOW + LIFETIME - timedelta(seconds=1))


@pytest.mark.parametrize("name", [field.name for field in fields(Circumstances)])
def test_no_circumstance_may_differ(name: str) -> None:
    assert "is other" in refused(**{name: "other"})


def test_f29_a_plan_is_refused_after_the_state_changed() -> None:
    assert "serial of the state 7, and this is 8" in refused(state_serial=8)


def test_f30_a_plan_is_refused_for_a_state_of_another_lineage() -> None:
    assert "lineage of the state" in refused(state_lineage="another")


def test_f32_a_plan_is_refused_for_another_state_of_the_same_serial() -> None:
    assert "version of the state" in refused(state_version_id="another")


def test_f33_a_plan_for_dev_is_refused_in_prod() -> None:
    assert "environment dev, and this is prod" in refused(environment="prod")
    assert "state object" in refused(backend="s3://study-state/environments/prod/platform.tfstate")


def test_f36_an_older_plan_is_not_replayed() -> None:
    with pytest.raises(StalePlan, match="good until"):
        MANIFEST.require(HERE, NOW + LIFETIME)


def test_f37_a_plan_that_would_do_something_else_now_is_refused() -> None:
    require_same_changes("digest", "digest", "dev")
    with pytest.raises(StalePlan, match="something else"):
        require_same_changes("digest", "", "dev")


def test_a_manifest_survives_json() -> None:
    assert PlanManifest.from_json(MANIFEST.to_json()) == MANIFEST


@pytest.mark.parametrize("missing", [*(field.name for field in fields(PlanManifest)), "made_for.boot_id"])
def test_a_manifest_with_a_gap_is_none(missing: str) -> None:
    content = MANIFEST.to_json()
    outer, _, inner = missing.partition(".")
    del (content[outer] if inner else content)[inner or outer]
    with pytest.raises(StalePlan):
        PlanManifest.from_json(content)


@pytest.mark.parametrize("expiry", ["2099-01-01T00:00:00", "2099-01-01", "never", "", None, 4_070_908_800])
def test_an_expiry_that_is_no_moment_is_refused_and_no_crash(expiry: Any) -> None:
    with pytest.raises(StalePlan, match="not one that this studyctl wrote"):
        PlanManifest.from_json({**MANIFEST.to_json(), "expires_at": expiry}).require(HERE, NOW)
