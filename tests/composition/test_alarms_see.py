"""Every alarm and scaling policy of a plan looks at a metric that is published with exactly those dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.support.plans import Plan, Resource
from tests.support.published_metrics import problem

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]


def looked_at(resource: Resource) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Namespace, name and dimensions of every metric that an alarm or a policy names. Values may be unknown yet."""
    if resource.values.get("metric_name"):
        yield resource.text("namespace"), resource.text("metric_name"), _names(resource.values, resource.unknown)
    for known, unknown in _blocks(resource.values, resource.unknown):
        yield str(known["namespace"]), str(known["metric_name"]), _names(known, unknown)


def _blocks(known: Any, unknown: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every block `metric` with a name in it, however deep, beside what is not known of it."""
    if isinstance(known, list):
        for number, each in enumerate(known):
            yield from _blocks(each, unknown[number] if isinstance(unknown, list) and number < len(unknown) else {})
    elif isinstance(known, Mapping):
        rest = unknown if isinstance(unknown, Mapping) else {}
        for key, each in known.items():
            beside = rest.get(key, [])
            if key == "metric":
                yield from (
                    (block, beside[number] if number < len(beside) else {}) for number, block in enumerate(each)
                )
            else:
                yield from _blocks(each, beside)


def _names(known: Mapping[str, Any], unknown: Mapping[str, Any]) -> frozenset[str]:
    """The names of dimensions: keys of a map, or a block each."""
    said = known.get("dimensions") or {}
    if isinstance(said, list):
        return frozenset(str(block["name"]) for block in said)
    hidden = unknown.get("dimensions") or {}
    assert isinstance(hidden, Mapping), "not even the names are known"
    return frozenset({*said, *hidden})


def test_no_alarm_and_no_scaling_policy_is_blind(plan: Plan) -> None:
    resources = plan.of("aws_cloudwatch_metric_alarm", "aws_appautoscaling_policy")
    seen = {
        (namespace, name, dimensions) for resource in resources for namespace, name, dimensions in looked_at(resource)
    }
    assert {namespace for namespace, _, _ in seen} >= {"AWS/ApplicationELB", "AWS/ECS", "AWS/RDS", "AWS/SQS"}
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
