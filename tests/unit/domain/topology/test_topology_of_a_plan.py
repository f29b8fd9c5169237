"""What a plan becomes: which boxes, what they say, and which arrows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from studyctl.domain.topology import VIEWER, Edge, Group, Topology, Zone, topology_of
from studyctl.errors import UsageError

PlanBuilder = Callable[..., Mapping[str, Any]]
Resources = list[tuple[Any, ...]]

BALANCER: Resources = [("aws_lb", {}), ("aws_lb_listener_rule", {}, "api")]
SERVICE: Resources = [("aws_ecs_service", {})]
DATABASE: Resources = [("aws_db_instance", {"instance_class": "db.r6g.xlarge", "multi_az": True})]
KEYS: Resources = [("aws_kms_key", {}, "data"), ("aws_kms_key", {}, "logs")]


def pairs(topology: Topology) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in topology.edges}


def facts(topology: Topology, address: str) -> tuple[str, ...]:
    return next(node.facts for node in topology.nodes if node.address == address)


def test_a_module_is_what_its_main_resource_is_whatever_it_is_called(plan: PlanBuilder) -> None:
    topology = topology_of(plan({"module.shelf": DATABASE, "module.odd": [("aws_other", {})]}), "x")
    zones = {node.address: (node.zone, node.title) for node in topology.nodes}
    assert zones == {"module.shelf": (Zone.DATA, "Database"), "module.odd": (Zone.SUPPORT, "Odd")}


def test_instances_of_one_module_are_a_group_with_words_for_titles(plan: PlanBuilder) -> None:
    topology = topology_of(plan({'module.services["outbox_relay"]': SERVICE, 'module.services["api"]': SERVICE}), "x")
    (group,) = topology.items
    assert isinstance(group, Group)
    assert [member.title for member in group.members] == ["api", "outbox relay"]
    assert group.resources == 2


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (
            [
                (
                    "aws_db_instance",
                    {"instance_class": "db.r6g.xlarge", "multi_az": True, "engine": "postgres", "engine_version": "16"},
                ),
                ("aws_db_instance", {"replicate_source_db": "a"}),
                ("aws_db_instance", {"replicate_source_db": "a"}),
            ],
            "db.r6g.xlarge, Multi-AZ, 2 replicas",
        ),
        (
            [("aws_elasticache_replication_group", {"node_type": "cache.t4g.small", "num_cache_clusters": 1})],
            "cache.t4g.small, single node",
        ),
        (
            [
                ("aws_vpc", {}),
                *(("aws_subnet", {"availability_zone": zone}) for zone in "abc"),
                *[("aws_nat_gateway", {})] * 3,
            ],
            "NAT per zone",
        ),
        ([("aws_vpc", {}), ("aws_subnet", {"availability_zone": "a"}), ("aws_nat_gateway", {})], "1 NAT gateway"),
        (
            [
                ("aws_ecs_service", {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT"}]}),
                ("aws_ecs_task_definition", {"cpu": "512", "memory": "1024"}),
                ("aws_appautoscaling_target", {"min_capacity": 2, "max_capacity": 4}),
            ],
            "2–4 × 0.5 vCPU, 1 GiB, Spot",  # noqa: RUF001
        ),
        (
            [
                ("aws_ebs_volume", {"size": 1024, "type": "gp3"}),
                ("aws_launch_template", {"instance_type": "r6g.large"}),
            ],
            "r6g.large, 1,024 GiB gp3",
        ),
    ],
)
def test_a_fact_is_read_from_what_is_planned(plan: PlanBuilder, resources: list[Any], said: str) -> None:
    assert said in facts(topology_of(plan({"module.a": resources}), "x"), "module.a")


def test_requests_flow_to_services_although_services_refer_to_the_balancer(plan: PlanBuilder) -> None:
    document = plan(
        {"module.front": BALANCER, 'module.services["api"]': SERVICE, 'module.services["quiz"]': SERVICE},
        {"services": {"load_balancer": ["module.front.target_groups", "module.front"]}},
    )
    assert pairs(topology_of(document, "x")) == {("module.front", 'module.services["api"]')}


def test_an_arrow_goes_to_the_whole_group_when_all_members_are_meant(plan: PlanBuilder) -> None:
    document = plan(
        {
            "module.front": [*BALANCER, ("aws_lb_listener_rule", {}, "quiz")],
            'module.services["api"]': SERVICE,
            'module.services["quiz"]': SERVICE,
        },
        {"services": {"load_balancer": ["module.front"]}},
    )
    assert pairs(topology_of(document, "x")) == {("module.front", "module.services")}


def test_a_key_is_said_in_words_and_has_no_arrow(plan: PlanBuilder) -> None:
    document = plan(
        {"module.encryption": KEYS, "module.db": DATABASE}, {"db": {"kms_key_arn": ["module.encryption.keys"]}}
    )
    topology = topology_of(document, "x")
    assert topology.edges == ()
    assert topology.footnotes_of("module.encryption") == ("encrypts database",)


def test_a_guard_stands_beside_what_it_guards(plan: PlanBuilder) -> None:
    document = plan(
        {"module.front": BALANCER, "module.wall": [("aws_wafv2_web_acl", {"rule": []})]},
        {"front": {"web_acl": ["module.wall.firewall"]}},
    )
    topology = topology_of(document, "x")
    assert {node.zone for node in topology.nodes} == {Zone.PUBLIC}
    assert topology.footnotes_of("module.wall") == ("guards load balancer",)


def test_a_bucket_that_receives_logs_is_out_of_the_way(plan: PlanBuilder) -> None:
    document = plan(
        {"module.front": BALANCER, "module.attic": [("aws_s3_bucket", {})]},
        {"front": {"access_logs": ["module.attic.name"]}},
    )
    topology = topology_of(document, "x")
    assert topology.edges == ()
    assert topology.footnotes_of("module.attic") == ("collects logs of load balancer",)


def test_a_policy_shows_who_uses_a_queue_and_that_messages_come_back(plan: PlanBuilder) -> None:
    document = plan(
        {
            'module.services["api"]': SERVICE,
            'module.services["quiz"]': SERVICE,
            "module.tasks": [("aws_sqs_queue", {})],
        },
        {"services": {"permissions": ["data.aws_iam_policy_document.workload"]}},
        root=[policy("api", "sqs:SendMessage"), policy("quiz", "sqs:ReceiveMessage")],
    )
    assert topology_of(document, "x").edges == (Edge("module.services", "module.tasks", goes_back=True),)


def test_only_the_members_that_may_use_a_bucket_have_an_arrow(plan: PlanBuilder) -> None:
    document = plan(
        {
            'module.services["api"]': SERVICE,
            'module.services["quiz"]': SERVICE,
            "module.files": [("aws_s3_bucket", {})],
        },
        {"services": {"permissions": ["data.aws_iam_policy_document.workload"]}},
        root=[policy("api", "s3:GetObject"), policy("quiz", "logs:PutLogEvents")],
    )
    assert pairs(topology_of(document, "x")) == {('module.services["api"]', "module.files")}


def test_viewers_enter_by_the_public_name_and_a_cdn_reaches_its_origin_by_name(plan: PlanBuilder) -> None:
    cdn = [("aws_cloudfront_distribution", {"origin": [{"domain_name": "origin.example"}]})]
    document = plan(
        {"module.front": BALANCER, 'module.edge["cdn"]': cdn},
        root=[record("site", "site.example"), record("origin", "origin.example")],
        records={
            "aws_route53_record.site": ['module.edge["cdn"].name'],
            "aws_route53_record.origin": ["module.front.dns"],
        },
    )
    topology = topology_of(document, "x")
    assert pairs(topology) == {(VIEWER, 'module.edge["cdn"]'), ('module.edge["cdn"]', "module.front")}
    assert topology.public_names == ("site.example",)


def test_what_is_read_before_the_plan_counts_like_what_is_planned(plan: PlanBuilder) -> None:
    """On a deployed environment terraform reads policies while planning and puts them into the prior state."""
    document = plan(
        {"module.api": SERVICE, "module.files": [("aws_s3_bucket", {})]},
        {"api": {"permissions": ["data.aws_iam_policy_document.workload"]}},
    )
    document = {**document, "prior_state": {"values": {"root_module": {"resources": [policy("", "s3:GetObject")]}}}}
    assert pairs(topology_of(document, "x")) == {("module.api", "module.files")}


@pytest.mark.parametrize(
    "document", [{}, {"planned_values": {}}, {"planned_values": {"root_module": {"child_modules": "?"}}}]
)
def test_a_plan_without_modules_is_refused(document: Mapping[str, Any]) -> None:
    with pytest.raises(UsageError, match="nothing that could be drawn"):
        topology_of(document, "x")


def policy(index: str, action: str) -> Mapping[str, Any]:
    address = "data.aws_iam_policy_document.workload"
    return {
        "address": f'{address}["{index}"]' if index else address,
        "mode": "data",
        "type": "aws_iam_policy_document",
        "name": "workload",
        **({"index": index} if index else {}),
        "values": {"statement": [{"actions": [action], "resources": [None]}]},
    }


def record(name: str, host: str) -> Mapping[str, Any]:
    address = f'aws_route53_record.{name}["A"]'
    return {"address": address, "mode": "managed", "type": "aws_route53_record", "name": name, "values": {"name": host}}
