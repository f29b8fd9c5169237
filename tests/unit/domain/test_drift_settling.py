"""What a first refresh adds by itself is no drift; what somebody added beside it is."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.drift_settling import settled

Values = dict[str, Any]


def document(kind: str, before: Values, after: Values, *others: tuple[str, Values]) -> dict[str, Any]:
    change = {"actions": ["update"], "before": before, "after": after}
    resources = [{"mode": "managed", "type": other, "values": values} for other, values in others]
    return {
        "resource_drift": [{"address": f"{kind}.main", "type": kind, "change": change}],
        "prior_state": {"values": {"root_module": {"child_modules": [{"resources": resources}]}}},
    }


def left(found: dict[str, Any]) -> list[Any]:
    return [entry["change"] for entry in settled(found)["resource_drift"]]


def rule(**fields: Any) -> Values:
    return {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": [], "security_groups": [], **fields}


GROUP: Values = {"id": "sg-1"}
OURS = (
    "aws_vpc_security_group_egress_rule",
    {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"},
)


def test_what_the_state_never_knew_is_no_drift() -> None:
    before = {"tags": None, "names": None, "blocks": [{"addresses": None, "port": 1}]}
    after = {"tags": {}, "names": [], "blocks": [{"addresses": [], "port": 1}]}
    assert left(document("aws_launch_template", before, after)) == []


def test_what_it_knew_and_is_otherwise_now_is() -> None:
    ((change),) = left(document("aws_sqs_queue", {"delay": 0, "tags": None}, {"delay": 5, "tags": {}}))
    assert change["before"] == {"delay": 0, "tags": {}}
    assert len(left(document("aws_sqs_queue", {"tags": {"a": "1"}}, {"tags": {"a": "1", "b": "2"}}))) == 1
    assert len(left(document("aws_sqs_queue", {"tags": {"a": "1"}}, {"tags": {}}))) == 1


def test_rules_of_their_own_explain_what_a_group_shows() -> None:
    shown = {**GROUP, "egress": [rule(cidr_blocks=["0.0.0.0/0"])]}
    assert left(document("aws_security_group", {**GROUP, "egress": []}, shown, OURS)) == []


def test_a_rule_that_nobody_manages_is_told_beside_those_that_are() -> None:
    strange = rule(cidr_blocks=["203.0.113.0/24"], from_port=22, to_port=22)
    shown = {**GROUP, "egress": [rule(cidr_blocks=["0.0.0.0/0"]), strange]}
    (change,) = left(document("aws_security_group", {**GROUP, "egress": []}, shown, OURS))
    assert change["before"]["egress"] == [rule(cidr_blocks=["0.0.0.0/0"])]
    widened = {**GROUP, "egress": [rule(cidr_blocks=["0.0.0.0/0", "203.0.113.0/24"])]}
    assert len(left(document("aws_security_group", {**GROUP, "egress": []}, widened, OURS))) == 1


def test_a_rule_of_another_group_explains_nothing() -> None:
    shown = {"id": "sg-2", "egress": [rule(cidr_blocks=["0.0.0.0/0"])]}
    assert len(left(document("aws_security_group", {"id": "sg-2", "egress": []}, shown, OURS))) == 1


def test_policies_of_a_role_are_explained_by_name_and_by_attachment() -> None:
    role = {"name": "task", "inline_policy": [], "managed_policy_arns": []}
    shown = {"name": "task", "inline_policy": [{"name": "use", "policy": "{}"}], "managed_policy_arns": ["arn:a"]}
    ours = (
        ("aws_iam_role_policy", {"role": "task", "name": "use"}),
        ("aws_iam_role_policy_attachment", {"role": "task", "policy_arn": "arn:a"}),
    )
    assert left(document("aws_iam_role", role, shown, *ours)) == []
    assert len(left(document("aws_iam_role", role, shown, ours[0]))) == 1
    assert len(left(document("aws_iam_role", role, shown, ours[1]))) == 1


def test_a_twin_explains_what_it_says_itself_and_nothing_else() -> None:
    before, after = {"arn": "arn:t", "policy": '{"Id":"default"}'}, {"arn": "arn:t", "policy": '{"a": 1}'}
    same = ("aws_sns_topic_policy", {"arn": "arn:t", "policy": '{"a":1}'})
    other = ("aws_sns_topic_policy", {"arn": "arn:t", "policy": '{"a":2}'})
    assert left(document("aws_sns_topic", before, after, same)) == []
    assert len(left(document("aws_sns_topic", before, after, other))) == 1


def test_a_protocol_by_number_is_the_same() -> None:
    before, after = {"egress": [{"protocol": "tcp"}]}, {"egress": [{"protocol": "6"}]}
    assert left(document("aws_network_acl", before, after)) == []
    assert len(left(document("aws_network_acl", before, {"egress": [{"protocol": "17"}]}))) == 1


def test_a_resource_that_is_gone_stays() -> None:
    found = document("aws_sqs_queue", {"name": "q"}, {})
    found["resource_drift"][0]["change"]["after"] = None
    assert len(left(found)) == 1


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
)
attributes = st.dictionaries(st.text(min_size=1, max_size=3), values, max_size=4)


@given(attributes, attributes)
def test_nothing_is_made_up_and_nothing_is_written_to(before: Values, after: Values) -> None:
    found = document("aws_sqs_queue", before, after)
    original = copy.deepcopy(found)
    for change in left(found):
        for name, value in after.items():
            settled_value = change["before"].get(name)
            assert settled_value == value or before.get(name) not in (None, "", [], {})
    assert found == original


@given(attributes)
def test_what_did_not_change_is_no_drift(same: Values) -> None:
    assert left(document("aws_sqs_queue", same, same)) == []
