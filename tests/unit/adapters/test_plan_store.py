"""F34 to F36: whatever was done to a saved plan, it does not open, and terraform is never asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.test_plan_manifest import HERE, MANIFEST

from studyctl.adapters.plan_seal import LocalPlanKeys, close, reopen
from studyctl.adapters.plan_store import SealedPlan, manifest_path, open_plan, read_saved_plan, save_plan
from studyctl.domain.plan_manifest import PlanManifest
from studyctl.errors import PreflightFailed, StalePlan

SECRET = b"PK\x03\x04 a plan with hunter2-marker in it"


@pytest.fixture
def keys(tmp_path: Path) -> LocalPlanKeys:
    return LocalPlanKeys(tmp_path / "keys" / "plan.key")


@pytest.fixture
def plan(tmp_path: Path, keys: LocalPlanKeys) -> Path:
    plain, plan = tmp_path / "plain", tmp_path / "dev.tfplan"
    plain.write_bytes(SECRET)
    save_plan(plain, plan, MANIFEST, keys)
    return plan


def opened(plan: Path, keys: LocalPlanKeys) -> Path:
    return open_plan(read_saved_plan(plan), keys, plan.parent / "opened").path


def with_manifest(plan: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(manifest_path(plan).read_text("utf-8"))
    change(content)
    manifest_path(plan).write_text(json.dumps(content), "utf-8")


def test_a_saved_plan_opens_as_it_was(plan: Path, keys: LocalPlanKeys) -> None:
    assert opened(plan, keys).read_bytes() == SECRET
    assert read_saved_plan(plan).manifest == MANIFEST


def test_f83_nothing_of_a_plan_can_be_read_by_others(plan: Path, keys: LocalPlanKeys) -> None:
    assert b"hunter2" not in plan.read_bytes()
    for path in (plan, manifest_path(plan), keys.path, opened(plan, keys)):
        assert path.stat().st_mode & 0o777 == 0o600, path
    read_saved_plan(plan).discard()
    assert not plan.exists() and not manifest_path(plan).exists()


@given(st.data())
def test_f34_a_plan_with_any_changed_byte_does_not_open(data: st.DataObject) -> None:
    keys = FixedKeys()
    content, seal = close(SECRET, b"about", keys, {"environment": "dev"})
    place = data.draw(st.integers(0, len(content) - 1))
    bent = bytearray(content)
    bent[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StalePlan):
        reopen(bytes(bent), b"about", seal, keys, {"environment": "dev"})


@pytest.mark.parametrize("left", [0, 1, 15, 16, 30])
def test_f34_a_plan_that_was_cut_short_does_not_open(plan: Path, keys: LocalPlanKeys, left: int) -> None:
    plan.write_bytes(plan.read_bytes()[:left])
    with pytest.raises(StalePlan):
        opened(plan, keys)


def test_f34_a_plan_that_is_gone_does_not_open(plan: Path, keys: LocalPlanKeys) -> None:
    plan.unlink()
    with pytest.raises(StalePlan, match="cannot be read"):
        opened(plan, keys)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["manifest"].update(sha256="1" * 64),
        lambda content: content["manifest"].update(expires_at="2099-01-01T00:00:00+00:00"),
        lambda content: content["manifest"]["made_for"].update(environment="prod"),
        lambda content: content["manifest"]["made_for"].update(state_serial=8),
        lambda content: content["seal"].update(key="AAAA"),
    ],
)
def test_f35_plan_and_manifest_cannot_be_edited_together(
    plan: Path, keys: LocalPlanKeys, change: Callable[[dict[str, Any]], None]
) -> None:
    with_manifest(plan, change)
    with pytest.raises(StalePlan):
        opened(plan, keys)


def test_f35_a_plan_sealed_by_somebody_else_does_not_open(plan: Path, keys: LocalPlanKeys, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"PK\x03\x04 with a provisioner")
    save_plan(tmp_path / "plain", plan, MANIFEST, LocalPlanKeys(tmp_path / "other.key"))
    with pytest.raises(StalePlan):
        opened(plan, keys)


def test_f36_a_plan_exchanged_with_its_manifest_is_not_the_approved_one(
    plan: Path, keys: LocalPlanKeys, tmp_path: Path
) -> None:
    approved = read_saved_plan(plan).fingerprint
    read_saved_plan(plan).require(approved)
    save_plan(tmp_path / "plain", plan, MANIFEST, keys)  # an older one, or one with a provisioner, of the same key
    with pytest.raises(StalePlan, match="not the plan that was approved"):
        read_saved_plan(plan).require(approved)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"manifest": {}}', '{"manifest": {}, "seal": {"key": "!"}}'])
def test_without_a_whole_manifest_no_plan_is_believed(plan: Path, content: str | None) -> None:
    manifest_path(plan).unlink()
    if content is not None:
        manifest_path(plan).write_text(content)
    with pytest.raises(StalePlan):
        read_saved_plan(plan)


def test_a_plan_without_the_key_of_its_checkout_does_not_open(plan: Path, keys: LocalPlanKeys) -> None:
    keys.path.unlink()
    with pytest.raises(StalePlan):
        opened(plan, keys)
    assert not keys.path.exists(), "a key that is looked for is not made"


def test_a_broken_key_file_is_named(plan: Path, keys: LocalPlanKeys) -> None:
    keys.path.write_bytes(b"short")
    with pytest.raises(PreflightFailed, match="is no key"):
        opened(plan, keys)


class FixedKeys:
    """Keys that need no file."""

    def new(self, context: Any) -> tuple[bytes, bytes]:
        return b"k" * 32, b"kept"

    def find(self, kept: bytes, context: Any) -> bytes:
        return b"k" * 32


def test_the_manifest_that_is_told_is_the_one_that_was_saved(plan: Path) -> None:
    sealed = read_saved_plan(plan)
    assert isinstance(sealed, SealedPlan) and isinstance(sealed.manifest, PlanManifest)
    assert sealed.manifest.made_for == HERE
