"""Alarms and scaling policies of a plan look at metrics that are published with exactly those dimensions.

Where a value is not known before the apply the plan hides the names as well; those alarms are looked at when they are
there (tests/functional/monitoring/test_alarms_on_faults.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.support.plans import Plan
from tests.support.published_metrics import problem

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]


def looked_at(planned: Any) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Namespace, name and dimensions of every metric that an alarm or a policy names, as far as they are known."""
    if isinstance(planned, list):
        for each in planned:
            yield from looked_at(each)
    elif isinstance(planned, Mapping):
        if planned.get("metric_name") and planned.get("dimensions"):
            said = planned["dimensions"]  # a map, or a block each
            names = [block["name"] for block in said] if isinstance(said, list) else said
            yield str(planned["namespace"]), str(planned["metric_name"]), frozenset(map(str, names))
        for each in planned.values():
            yield from looked_at(each)


def test_no_alarm_and_no_scaling_policy_is_blind(plan: Plan) -> None:
    resources = plan.of("aws_cloudwatch_metric_alarm", "aws_appautoscaling_policy")
    seen = {each for resource in resources for each in looked_at(resource.values)}
    assert {namespace for namespace, _, _ in seen} >= {"AWS/ECS", "AWS/SQS"}
    assert [wrong for each in sorted(seen, key=str) if (wrong := problem(*each))] == []


def test_every_node_of_the_cache_has_its_alarms(plan: Plan) -> None:
    (group,) = plan.of("aws_elasticache_replication_group")
    name, count = group.text("replication_group_id"), int(group.values["num_cache_clusters"])
    nodes = [f"{name}-{number:03d}" for number in range(1, 1 + count)]
    watched = {
        resource.values["dimensions"]["CacheClusterId"]
        for resource in plan.of("aws_cloudwatch_metric_alarm")
        if resource.text("namespace") == "AWS/ElastiCache"
    }
    assert sorted(watched) == (nodes if plan.environment.alarms.level == "full" else [])
