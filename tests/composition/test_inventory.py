"""What each environment consists of when it is planned from an empty state, against the inventory a review can read."""

from __future__ import annotations

from typing import Any

import pytest
from tests.composition.inventory import (
    changed,
    counts,
    counts_file,
    differences,
    expectations_file,
    matching,
    read,
    regenerate,
)
from tests.support.plans import Plan

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

PLATFORM_KEYS = {
    *("name", "url", "cluster", "services", "load_balancer", "registry_url", "queue_urls", "buckets", "database"),
    *("cache", "vector_database", "distribution", "topics", "name_servers", "prometheus", "grafana"),
}


def written(plan: Plan) -> dict[str, Any]:
    return dict(read(expectations_file(plan.environment.name)))


def test_the_counts_are_those_of_the_inventory(plan: Plan) -> None:
    name = plan.environment.name
    path = counts_file(name)
    kept: dict[str, Any] = dict(read(path)) if path.exists() else {"modules": {}}
    found = changed(kept["modules"], counts(plan))
    advice = f"\nIf that is meant, write {path.name} anew and let the review see it: {regenerate(name)}"
    assert not found, "\n".join(found) + advice
    assert kept["total"] == len(plan.resources), advice


def test_what_the_environment_does_without_is_not_there(plan: Plan) -> None:
    assert [resource.address for resource in plan.of(*written(plan)["absent"])] == []


def test_the_environment_has_as_many_as_it_must(plan: Plan) -> None:
    wrong = {
        pattern: f"expected {number}, planned {len(matching(plan.resources, pattern))}"
        for pattern, number in written(plan)["number_of"].items()
        if len(matching(plan.resources, pattern)) != number
    }
    assert not wrong


def test_the_environment_is_what_it_must_be(plan: Plan) -> None:
    wrong: list[str] = []
    for pattern, expected in written(plan)["attributes"].items():
        found = matching(plan.resources, pattern)
        if not found:
            wrong.append(f"{pattern}: nothing is planned there")
        wrong += [f"{r.address} {line}" for r in found for line in differences(expected, r.values)]
    assert not wrong, "\n".join(wrong)


def test_every_resource_that_can_be_tagged_is(plan: Plan) -> None:
    expected = written(plan)["tags"]
    tagged = [resource for resource in plan.resources if "tags_all" in resource.values or resource.has("tags_all")]
    assert len(tagged) > len(plan.resources) / 3
    wrong = {
        resource.address: resource.values.get("tags_all")
        for resource in tagged
        if any(differences(expected, resource.values.get("tags_all") or {}))
    }
    assert not wrong


def test_what_does_not_inherit_tags_carries_them_too(plan: Plan) -> None:
    """Instances of a group, and what a launch template starts, get no default tags from the provider."""
    expected = written(plan)["tags"]
    for group in plan.of("aws_autoscaling_group"):
        propagated = {tag["key"]: tag["value"] for tag in group.values["tag"] if tag["propagate_at_launch"]}
        assert not [*differences(expected, propagated)], group.address
    for template in plan.of("aws_launch_template"):
        kinds = {part["resource_type"]: part["tags"] for part in template.values["tag_specifications"]}
        assert {"instance", "volume"} <= kinds.keys()
        for kind, tags in kinds.items():
            assert not [*differences(expected, tags)], f"{template.address} {kind}"


def test_log_level_and_sizes_reach_the_services(plan: Plan) -> None:
    for key, service in dict(plan.environment.services).items():
        task = plan.at(f'module.services["{key}"].aws_ecs_task_definition.main')
        assert (task.values["cpu"], task.values["memory"]) == (str(service.cpu), str(service.memory_mib))


def test_backlogs_scale_the_workers_that_consume_a_queue(plan: Plan) -> None:
    wanted = {
        f'module.services["{key}"]'
        for key, service in dict(plan.environment.services).items()
        if service.scaling.backlog_per_task is not None and service.scaling.max > service.scaling.min
    }
    found = {r.module for r in matching(plan.resources, "module.services*.aws_appautoscaling_policy.backlog*")}
    assert found == wanted


def test_the_output_is_the_contract_with_the_toolkit(plan: Plan) -> None:
    change = plan.document["output_changes"]["platform"]
    assert not change.get("after_sensitive")
    assert set(change["after"]) | set(change["after_unknown"]) == PLATFORM_KEYS
    after = change["after"]
    assert after["name"] == f"study-{plan.environment.name}"
    assert after["url"] == f"https://{plan.environment.domain.name}"
    assert set(after["services"]) == set(dict(plan.environment.services))
    assert set(after["buckets"]) == set(dict(plan.environment.object_storage.buckets))
    has_distribution = bool(after.get("distribution") or change["after_unknown"].get("distribution"))
    assert has_distribution == (plan.environment.edge is not None)
