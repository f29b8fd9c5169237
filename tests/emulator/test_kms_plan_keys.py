"""Keys of saved plans from KMS: what seals plans of real accounts, on the emulator's KMS."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.domain.test_plan_manifest import MANIFEST

from studyctl.adapters.aws.plan_keys import KmsPlanKeys
from studyctl.adapters.plan_seal import NotItsKey
from studyctl.adapters.plan_store import open_plan, read_saved_plan, save_plan
from studyctl.errors import StalePlan

pytestmark = pytest.mark.emulator

CONTEXT = {"environment": "dev", "purpose": "plan"}


@pytest.fixture
def keys(client: Callable[..., Any]) -> KmsPlanKeys:
    kms = client("kms")
    alias = f"alias/plans-{uuid.uuid4().hex[:8]}"
    kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    return KmsPlanKeys(kms, alias)


def test_a_key_is_found_again_and_no_two_are_the_same(keys: KmsPlanKeys) -> None:
    (key, kept), (other, _) = keys.new(CONTEXT), keys.new(CONTEXT)
    assert len(key) == 32
    assert key != other
    assert keys.find(kept, CONTEXT) == key
    assert key not in kept, "what lies beside a plan does not hold its key"


def test_a_key_is_found_for_its_environment_only(keys: KmsPlanKeys) -> None:
    _, kept = keys.new(CONTEXT)
    for context in (CONTEXT | {"environment": "prod"}, {"environment": "dev"}):
        with pytest.raises(NotItsKey):
            keys.find(kept, context)


def test_what_kms_did_not_make_is_no_key(keys: KmsPlanKeys) -> None:
    _, made = keys.new(CONTEXT)
    for kept in (b"", b"x", made[:-1], made[:-1] + bytes([made[-1] ^ 1])):
        with pytest.raises(NotItsKey):
            keys.find(kept, CONTEXT)


def test_a_plan_opens_with_the_key_it_was_sealed_with(keys: KmsPlanKeys, tmp_path: Path) -> None:
    plain, plan = tmp_path / "plain", tmp_path / "dev.tfplan"
    plain.write_bytes(b"a plan with hunter2-marker in it")
    save_plan(plain, plan, MANIFEST, keys)
    assert b"hunter2" not in plan.read_bytes()
    assert open_plan(read_saved_plan(plan), keys, tmp_path / "opened").path.read_bytes() == plain.read_bytes()
    plan.write_bytes(plan.read_bytes()[:-1])
    with pytest.raises(StalePlan):
        open_plan(read_saved_plan(plan), keys, tmp_path / "opened")
