"""Every metric of CloudWatch that a row names, with the dimensions of what it is about, is one that is published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import get_args

import pytest
from scripts import grafana_cloudwatch
from tests.support.checkout import REPOSITORY
from tests.support.published_metrics import problem

from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.monitoring.alerts import CloudWatchMetric, Thing

WATCH = read_watch(REPOSITORY)


def _text(*path: str) -> str:
    return REPOSITORY.joinpath(*path).read_text("utf-8")


def _dimensions_of_things() -> Mapping[str, frozenset[str]]:
    """The names of the dimensions that infra/platform/watched.tf gives to each kind of thing."""
    _, of_service = _text("terraform", "service", "scaling.tf").split("service_dimensions = ", 1)
    block = _text("infra", "platform", "watched.tf").partition("watched_things = {")[2]
    block = block.replace("service.service.dimensions", of_service.partition("\n")[0])
    _, *parts = re.split(r"^ {4}(\w+) += ", block, flags=re.MULTILINE)
    return {
        thing: frozenset(re.findall(r"(\w+) += ", re.findall(r"dimensions += \{(.*?)\}", about, re.DOTALL)[0]))
        for thing, about in zip(parts[::2], parts[1::2], strict=True)
    }


DIMENSIONS = _dimensions_of_things()


def named() -> Iterator[tuple[str, Thing, CloudWatchMetric]]:
    """Who names which metric, of which thing."""
    for alert in WATCH.alerts:
        if alert.cloudwatch is not None:
            single = [alert.cloudwatch.metric] if alert.cloudwatch.metric is not None else []
            for metric in (*single, *alert.cloudwatch.metrics.values()):
                yield alert.name, alert.cloudwatch.each, metric
    for dashboard in WATCH.dashboards:
        for panel in dashboard.panels:
            if panel.cloudwatch is not None:
                for metric in panel.cloudwatch.metrics.values():
                    yield f"{dashboard.name}: {panel.title}", panel.cloudwatch.each, metric


@pytest.mark.parametrize(("who", "thing", "metric"), list(named()), ids=lambda each: getattr(each, "name", str(each)))
def test_somebody_publishes_what_is_looked_at(who: str, thing: Thing, metric: CloudWatchMetric) -> None:
    assert problem(metric.namespace, metric.name, DIMENSIONS[thing] | set(metric.dimensions)) is None, who


def test_every_kind_of_thing_is_known_by_its_dimensions() -> None:
    assert set(DIMENSIONS) == set(get_args(Thing))
    assert all(DIMENSIONS.values())


def test_grafana_finds_each_thing_by_the_same_dimensions() -> None:
    assert {thing: frozenset(names) for thing, names in grafana_cloudwatch.DIMENSIONS.items()} == DIMENSIONS


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions", "why"),
    [
        ("AWS/ElastiCache", "Evictions", {"ReplicationGroupId"}, "is published with"),
        ("AWS/ElastiCache", "EngineCpuUtilization", {"CacheClusterId"}, "nobody publishes"),
        ("AWS/ApplicationELB", "ConsumedLCUs", {"LoadBalancer", "TargetGroup"}, "is published with"),
        ("AWS/ECS", "CPUUtilization", {"ServiceName"}, "is published with"),
        ("StudyPlatform", "study_breaker_open", {"service", "environment"}, "is published with"),
        ("StudyPlatform", "study_nothing_total", {"service", "environment"}, "nobody publishes"),
        ("VectorDatabase", "Ready", {"InstanceId"}, "is published with"),
        ("CWAgent", "disk_used_percent", {"InstanceId"}, "nobody publishes"),
    ],
)
def test_what_would_be_silent_for_ever_is_told(namespace: str, name: str, dimensions: set[str], why: str) -> None:
    assert why in (problem(namespace, name, dimensions) or "")
