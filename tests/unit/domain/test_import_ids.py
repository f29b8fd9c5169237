"""How each type is named when it is imported."""

from __future__ import annotations

import pytest

from studyctl.domain.import_ids import Place, import_id, is_identity_enough, type_of


@pytest.mark.parametrize(
    ("address", "planned", "made", "expected"),
    [
        ("aws_iam_role.a", {"name": "task"}, "", "task"),
        ("aws_iam_role.a", {}, "", None),
        ("aws_vpc.a", {"cidr_block": "10.0.0.0/16"}, "", None),
        ("aws_vpc.a", {}, "vpc-1", "vpc-1"),
        ("aws_sns_topic.a", {"name": "alerts"}, "", "arn:aws:sns:us-east-1:123456789012:alerts"),
        ("aws_sqs_queue.a", {"name": "jobs"}, "", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"),
        ("aws_ecs_service.a", {"cluster": "arn:aws:ecs:x:1:cluster/main", "name": "api"}, "arn", "main/api"),
        ("aws_wafv2_web_acl.a", {"name": "web", "scope": "REGIONAL"}, "abc", "abc/web/REGIONAL"),
        ("aws_wafv2_web_acl.a", {"name": "web", "scope": "REGIONAL"}, "", None),
        ("aws_db_instance.a", {"identifier": "main"}, "db-ABC", "main"),
    ],
)
def test_import_names_a_resource_in_its_own_way(
    address: str, planned: dict[str, str], made: str, expected: str | None
) -> None:
    assert import_id(type_of(address), planned, Place.of("123456789012", "us-east-1"), made) == expected


def test_keys_do_not_hide_a_type() -> None:
    assert type_of('module.a["x.y[0]"].aws_vpc.main["z.\\"w"]') == "aws_vpc"
    assert is_identity_enough("aws_vpc")
    assert not is_identity_enough("aws_db_instance")
