"""What AWS refuses, now or at the first call, and the emulator takes without a word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.plans import Plan

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

# EC2's API reference, IpRange.Description and CreateSecurityGroup.GroupDescription. The provider leaves it to EC2.
DESCRIPTION = re.compile(r"[A-Za-z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
# Contracts of what runs in the private subnets. The others are services of AWS, which are not in our network.
INSIDE = (
    "api", "document", "indexing", "notification", "outbox_relay", "quiz", "scheduler", "execution", "vector_node",
    "collector_metrics", "collector_traces", "exporter_datadog", "exporter_new_relic", "exporter_sentry",
)  # fmt: skip


def test_descriptions_of_security_groups_have_no_character_that_ec2_refuses(plan: Plan) -> None:
    rules = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
    described = {resource.address: resource.text("description") for resource in plan.of("aws_security_group", *rules)}
    assert described
    assert {where: text for where, text in described.items() if not DESCRIPTION.fullmatch(text)} == {}


def test_what_workloads_may_call_passes_the_private_endpoint_of_the_service(plan: Plan) -> None:
    doors = {
        str(endpoint.key): set(_actions(json.loads(endpoint.text("policy"))))
        for endpoint in plan.of("aws_vpc_endpoint")
        if endpoint.name == "interface"
    }
    assert set(doors) == set(plan.environment.network.private_endpoints)
    called = {action for name in INSIDE for action in _actions(_granted(name))}
    assert {
        door: refused
        for door, passing in doors.items()
        if (refused := {action for action in called if action.split(":")[0] == door.split(".")[0]} - passing)
    } == {}


def test_no_cache_has_a_topic_as_elasticache_publishes_to_no_encrypted_one(plan: Plan) -> None:
    # ElastiCache user guide, "Event notifications and Amazon SNS": it is taken, and then switched off.
    assert all(topic.has("kms_master_key_id") for topic in plan.of("aws_sns_topic"))
    assert [
        one.address for one in plan.of("aws_elasticache_replication_group") if one.has("notification_topic_arn")
    ] == []


def test_no_password_that_tasks_get_when_they_start_is_exchanged_by_rds(plan: Plan) -> None:
    # RDS does it every seven days (RDS user guide, "Password management with Secrets Manager"), and tells no task.
    assert [one.address for one in plan.of("aws_db_instance") if one.values.get("manage_master_user_password")] == []


def _granted(name: str) -> dict[str, list[dict[str, object]]]:
    document: dict[str, list[dict[str, object]]] = json.loads(
        (REPOSITORY / "iam-policies" / "generated" / f"{name}.json.tftpl").read_text("utf-8")
    )
    return document


def _actions(document: dict[str, list[dict[str, object]]]) -> Iterator[str]:
    """What the statements allow, but for what a service does with a key in the caller's name: it comes from there."""
    for statement in document["Statement"]:
        if "kms:ViaService" not in json.dumps(statement.get("Condition", {})):
            actions = statement["Action"]
            yield from actions if isinstance(actions, list) else [str(actions)]
