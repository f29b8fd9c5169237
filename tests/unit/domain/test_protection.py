"""A destroy that AWS would refuse half-way is refused before it begins."""

from __future__ import annotations

from typing import Any

import pytest

from studyctl.domain.protection import check_protection
from studyctl.errors import Refused


def plan(type_: str, actions: list[str], before: dict[str, Any] | None) -> dict[str, Any]:
    address = f"module.x.{type_}.main"
    return {"resource_changes": [{"address": address, "type": type_, "change": {"actions": actions, "before": before}}]}


@pytest.mark.parametrize(
    ("type_", "attribute"), [("aws_db_instance", "deletion_protection"), ("aws_lb", "enable_deletion_protection")]
)
def test_what_the_last_deploy_protected_is_named_with_the_way_on(type_: str, attribute: str) -> None:
    with pytest.raises(Refused, match="is protected from being deleted") as refused:
        check_protection(plan(type_, ["delete"], {attribute: True})).enforce()
    assert f"module.x.{type_}.main" in str(refused.value.why)
    assert "Deploy once more" in str(refused.value.hint)
    assert not check_protection(plan(type_, ["delete"], {attribute: False})).is_refused
    assert not check_protection(plan(type_, ["update"], {attribute: True})).is_refused


def test_what_knows_no_protection_and_what_is_not_there_is_no_reason() -> None:
    assert not check_protection(plan("aws_sqs_queue", ["delete"], {"deletion_protection": True})).is_refused
    assert not check_protection(plan("aws_db_instance", ["no-op"], None)).is_refused
    assert not check_protection({}).is_refused
