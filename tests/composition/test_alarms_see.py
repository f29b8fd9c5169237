"""Alarms and scaling policies of a plan look at metrics that are published with exactly those dimensions.

Where a value is not known before the apply the plan hides the names as well; those alarms are looked at when they are
there (tests/functional/monitoring/test_alarms_on_faults.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.support.plans import Plan, Resource
from tests.support.published_metrics import problem

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]


def looked_at(resource: Resource) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Namespace, name and dimensions of every metric that an alarm or a policy names, as far as they are known."""
    if resource.values.get("metric_name") and not resource.unknown.get("dimensions"):
        yield _metric(resource.values)
    for known, unknown in _blocks(resource.values, resource.unknown):
        if isinstance(known.get("dimensions"), list) or not unknown.get("dimensions"):
            yield _metric(known)


def _blocks(known: Any, unknown: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every block `metric` with a name in it, however deep, beside what is not known of it."""
    if isinstance(known, list):
        for number, each in enumerate(known):
            yield from _blocks(each, unknown[number] if isinstance(unknown, list) and number < len(unknown) else {})
    elif isinstance(known, Mapping):
        rest = unknown if isinstance(unknown, Mapping) else {}
        if known.get("metric_name") and "metric_query" not in known:
            yield known, rest
        for key, each in known.items():
            yield from _blocks(each, rest.get(key, {}))


def _metric(known: Mapping[str, Any]) -> tuple[str, str, frozenset[str]]:
    """Dimensions are a map, or a block each."""
    said = known.get("dimensions") or {}
    names = [block["name"] for block in said] if isinstance(said, list) else said
    return str(known["namespace"]), str(known["metric_name"]), frozenset(map(str, names))


def test_no_alarm_and_no_scaling_policy_is_blind(plan: Plan) -> None:
    resources = plan.of("aws_cloudwatch_metric_alarm", "aws_appautoscaling_policy")
    seen = {
        (namespace, name, dimensions) for resource in resources for namespace, name, dimensions in looked_at(resource)
    }
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
