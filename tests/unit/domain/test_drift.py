"""What is drift and what is not: known differences, what AWS makes by itself, what is only not deployed yet."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.drift import MADE_BY_AWS, DriftReport, Ignore, Unmanaged, identifiers, report
from studyctl.domain.plan import NOTHING, PlanSummary, summarise

TODAY = datetime.date(2026, 11, 22)
GROUP = 'module.services["api"].aws_cloudwatch_log_group.main'
QUEUE = "arn:aws:sqs:us-east-1:123456789012:study-dev-by-hand"


def refreshed(*drift: dict[str, Any]) -> PlanSummary:
    return summarise({"format_version": "1.2", "resource_drift": list(drift)})


def differs(address: str, before: dict[str, Any], after: dict[str, Any] | None) -> dict[str, Any]:
    actions = ["update"] if after is not None else ["delete"]
    kind = address.split(".")[-2]
    return {"address": address, "type": kind, "change": {"actions": actions, "before": before, "after": after}}


def ignoring(where: str, attribute: str = "", days: int = 1) -> Ignore:
    return Ignore(where, attribute, "a reason", "platform", TODAY + datetime.timedelta(days=days))


def found_in(
    looked_at: PlanSummary = NOTHING,
    pending: PlanSummary = NOTHING,
    *,
    tagged: Sequence[Unmanaged] = (),
    managed: frozenset[str] = frozenset(),
    ignores: Sequence[Ignore] = (),
) -> DriftReport:
    return report(looked_at, pending, tagged=tagged, managed=managed, ignores=ignores, today=TODAY)


CHANGED = differs(GROUP, {"retention_in_days": 30, "kms_key_id": "a"}, {"retention_in_days": 7, "kms_key_id": "b"})


def test_what_was_changed_and_what_is_gone_are_told_apart() -> None:
    found = found_in(refreshed(CHANGED, differs("aws_sqs_queue.main", {"name": "q"}, None)))
    assert [change.address for change in found.changed] == [GROUP]
    assert {(a.path, a.before, a.after) for a in found.changed[0].attributes} == {
        ("retention_in_days", "30", "7"),
        ("kms_key_id", "a", "b"),
    }
    assert [change.address for change in found.gone] == ["aws_sqs_queue.main"]
    assert found.has_drifted


def test_a_known_attribute_is_left_out_and_the_others_are_told() -> None:
    one = found_in(refreshed(CHANGED), NOTHING, ignores=(ignoring(GROUP, "kms_key_id"),))
    assert [attribute.path for attribute in one.changed[0].attributes] == ["retention_in_days"]
    both = (ignoring('module.services["*"].*', "kms_key_id"), ignoring(GROUP, "retention_in_days"))
    none = found_in(refreshed(CHANGED), NOTHING, ignores=both)
    assert not none.has_drifted
    assert none.ignored == 1


def test_what_was_known_for_longer_than_was_said_is_told_again() -> None:
    over = ignoring(GROUP, days=-1)
    found = found_in(refreshed(CHANGED), NOTHING, ignores=(over,))
    assert found.expired == (over,)
    assert [change.address for change in found.changed] == [GROUP]


def test_brackets_of_an_address_are_no_pattern() -> None:
    assert ignoring(GROUP).covers(GROUP)
    assert not ignoring(GROUP).covers(GROUP.replace('["api"]', "a"))


def test_what_a_state_names_is_managed_by_arn_and_by_id() -> None:
    state = {
        "resources": [
            {"mode": "managed", "instances": [{"attributes": {"arn": QUEUE, "id": "https://queue", "name": "x"}}]},
            {"mode": "managed", "instances": [{"attributes": {"id": "vpc-1", "tags": {"id": "no"}, "count": 3}}]},
            {"mode": "data", "instances": [{"attributes": {"id": "vpc-2"}}]},
        ]
    }
    managed = identifiers(state)
    assert managed == {QUEUE, "https://queue", "vpc-1"}
    things = [Unmanaged(arn, "us-east-1") for arn in (QUEUE, *(f"arn:aws:ec2:us-east-1:1:vpc/vpc-{n}" for n in (1, 2)))]
    found = found_in(tagged=things, managed=managed)
    assert [thing.arn for thing in found.unmanaged] == ["arn:aws:ec2:us-east-1:1:vpc/vpc-2"]


def test_what_aws_makes_by_itself_is_nobodys_drift() -> None:
    things = [Unmanaged(pattern.replace("*", "x"), "us-east-1") for pattern in MADE_BY_AWS]
    found = found_in(tagged=things)
    assert not found.has_drifted
    assert found.ignored == 0


def test_pending_changes_are_no_drift() -> None:
    pending = summarise({"format_version": "1.2", "resource_changes": [CHANGED], "configuration": {}})
    found = found_in(NOTHING, pending, ignores=())
    assert not found.has_drifted
    assert len(found.pending.effective) == 1


names = st.from_regex(r"arn:aws:sqs:us-east-1:123456789012:[a-z]{1,6}", fullmatch=True)


@given(st.sets(names), st.sets(names), st.sets(names))
def test_everything_with_the_tags_is_managed_known_or_told(
    tagged: set[str], managed: set[str], known: set[str]
) -> None:
    things = [Unmanaged(arn, "us-east-1") for arn in tagged]
    found = found_in(tagged=things, managed=frozenset(managed), ignores=[ignoring(arn) for arn in known])
    assert {thing.arn for thing in found.unmanaged} == tagged - managed - known
    assert found.ignored == len((tagged - managed) & known)
