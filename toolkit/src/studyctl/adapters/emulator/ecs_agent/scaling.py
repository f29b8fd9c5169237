"""Target tracking of ECS services: policies as Application Auto Scaling keeps them, and what they make of the count."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.emulator.ecs_agent.alarms import SHORTEST_PERIOD_SECONDS
from studyctl.adapters.emulator.ecs_agent.metric_math import Series, UnsupportedExpression
from studyctl.adapters.emulator.ecs_agent.metric_query import MetricQuery, Window, returned
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey, MetricStore
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.tracking import IN_PERIODS, Capacity, TrackingPolicy

log = logging.getLogger("studyctl.emulator")

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
DEFAULT_COOLDOWN_SECONDS = 300.0
_PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}


@dataclass(frozen=True)
class Scaled:
    """A service as Application Auto Scaling knows it."""

    cluster: str
    service: str

    @property
    def resource(self) -> str:
        """Its resource id."""
        return f"service/{self.cluster}/{self.service}"


def capacity_of(backend: Any, scaled: Scaled, desired: int) -> Capacity | None:
    """The bounds of a service; None when nobody scales it."""
    target = backend.targets.get(DIMENSION, {}).get(scaled.resource)
    return Capacity(desired, int(target.min_capacity), int(target.max_capacity)) if target is not None else None


def policies_of(
    backend: Any, store: MetricStore, scaled: Scaled, *, pace: Pace, now_seconds: float
) -> list[TrackingPolicy]:
    """The policies of a service, each with its datapoints."""
    period = max(SHORTEST_PERIOD_SECONDS, pace.metric_seconds(60))
    window = Window(now_seconds - now_seconds % period, period, IN_PERIODS)
    found = []
    for policy in backend.policies.values():
        configuration = policy.target_tracking_scaling_policy_configuration
        if policy.service_namespace != NAMESPACE or policy.resource_id != scaled.resource or not configuration:
            continue
        try:
            points = returned(_queries(configuration, scaled), store, window)
        except UnsupportedExpression as error:
            log.warning("scaling policy %s cannot be computed: %s", policy.policy_name, error)
            continue
        found.append(_policy(policy.policy_name, configuration, points, pace))
    return found


def _policy(name: str, configuration: Mapping[str, Any], points: Series, pace: Pace) -> TrackingPolicy:
    out = configuration.get("ScaleOutCooldown")
    inwards = configuration.get("ScaleInCooldown")
    return TrackingPolicy(
        name=name,
        target=float(configuration["TargetValue"]),
        points=points,
        scale_out_cooldown_seconds=pace.wait_seconds(DEFAULT_COOLDOWN_SECONDS if out is None else float(out)),
        scale_in_cooldown_seconds=pace.wait_seconds(DEFAULT_COOLDOWN_SECONDS if inwards is None else float(inwards)),
        may_scale_in=not configuration.get("DisableScaleIn"),
    )


def _queries(configuration: Mapping[str, Any], scaled: Scaled) -> list[MetricQuery]:
    predefined = configuration.get("PredefinedMetricSpecification")
    return _predefined(predefined, scaled) if predefined else _customized(configuration)


def _predefined(specification: Mapping[str, Any], scaled: Scaled) -> list[MetricQuery]:
    kind = specification["PredefinedMetricType"]
    if kind == "ALBRequestCountPerTarget":
        group = "targetgroup/" + str(specification["ResourceLabel"]).partition("/targetgroup/")[2]
        key = MetricKey.of("AWS/ApplicationELB", "RequestCountPerTarget", {"TargetGroup": group})
        return [MetricQuery("metric", key, "Sum")]
    if kind not in _PREDEFINED:
        raise UnsupportedExpression(f"{kind} is not measured here")
    dimensions = {"ClusterName": scaled.cluster, "ServiceName": scaled.service}
    return [MetricQuery("metric", MetricKey.of("AWS/ECS", _PREDEFINED[kind], dimensions), "Average")]


def _customized(configuration: Mapping[str, Any]) -> list[MetricQuery]:
    specification = configuration.get("CustomizedMetricSpecification") or {}
    if "Metrics" not in specification:
        return [MetricQuery("metric", _key(specification), str(specification.get("Statistic", "")))]
    return [_query(each) for each in specification["Metrics"]]


def _query(query: Mapping[str, Any]) -> MetricQuery:
    is_returned = bool(query.get("ReturnData", True))
    if "MetricStat" not in query:
        return MetricQuery(query["Id"], expression=query.get("Expression", ""), is_returned=is_returned)
    stat = query["MetricStat"]
    return MetricQuery(query["Id"], _key(stat["Metric"]), stat["Stat"], is_returned=is_returned)


def _key(metric: Mapping[str, Any]) -> MetricKey:
    dimensions: Sequence[Mapping[str, str]] = metric.get("Dimensions") or ()
    return MetricKey.of(metric["Namespace"], metric["MetricName"], _pairs(dimensions))


def _pairs(dimensions: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in dimensions}
