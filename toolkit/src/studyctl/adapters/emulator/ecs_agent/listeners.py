"""What the account's load balancers do with requests, as routes of a local balancer.

One port stands for all listeners of a balancer. Of conditions, paths count; a rule with another one does not forward
here. Redirects and fixed answers are left out: what nothing fits gets a 404.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, WeightedGroup

DEFAULT_PRIORITY = 50_001
"""After every rule that can have a number."""
EVERYTHING = ("*",)
_CLASS_OF_STATUS = 100


@dataclass(frozen=True)
class Group:
    """A target group. `name` is what CloudWatch calls it: the end of its ARN."""

    arn: str
    check: HealthCheck
    deregistration_delay_seconds: float

    @property
    def name(self) -> str:
        """The end of the ARN."""
        return self.arn.rsplit(":", 1)[-1]


@dataclass(frozen=True)
class Rule:
    """Requests for these paths go to these groups, by weight."""

    priority: int
    paths: tuple[str, ...]
    weights: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class LoadBalancer:
    """A balancer with the rules that forward, the most important first."""

    arn: str
    dns_name: str
    ports: tuple[int, ...]
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """What CloudWatch calls it."""
        return self.arn.partition(":loadbalancer/")[2]

    @property
    def groups(self) -> frozenset[str]:
        """ARNs of all groups that requests can get to, with a weight or without."""
        return frozenset(arn for rule in self.rules for arn, _ in rule.weights)


def load_balancers_of(backend: Any) -> tuple[LoadBalancer, ...]:
    """All that forward something, from moto's objects."""
    found = [
        LoadBalancer(
            arn=each.arn,
            dns_name=each.dns_name,
            ports=tuple(int(listener.port) for listener in each.listeners.values()),
            rules=tuple(sorted(_rules(each), key=lambda rule: rule.priority)),
        )
        for each in backend.load_balancers.values()
    ]
    return tuple(each for each in found if each.rules)


def groups_of(backend: Any, pace: Pace) -> Mapping[str, Group]:
    """All target groups by ARN."""
    return {arn: _group(group, pace) for arn, group in backend.target_groups.items()}


def routes(
    balancer: LoadBalancer, groups: Mapping[str, Group], ports: Mapping[str, Sequence[int]]
) -> tuple[Route, ...]:
    """The routes of a local balancer. `ports` are those of the targets of each group."""
    return tuple(
        Route(
            rule.paths,
            tuple(
                WeightedGroup(TargetGroup(groups[arn].name, tuple(ports.get(arn, ())), groups[arn].check), weight)
                for arn, weight in rule.weights
                if arn in groups
            ),
        )
        for rule in balancer.rules
    )


def _rules(balancer: Any) -> Iterator[Rule]:
    for listener in balancer.listeners.values():
        for rule in listener.rules.values():
            weights = tuple(_weights(rule.actions))
            paths = _paths(rule.conditions)
            if weights and paths:
                is_default = str(rule.priority) == "default"
                yield Rule(DEFAULT_PRIORITY if is_default else int(rule.priority), paths, weights)


def _weights(actions: Sequence[Any]) -> Iterator[tuple[str, int]]:
    for action in actions:
        if action.type != "forward":
            continue
        configured = (action.data.get("ForwardConfig") or {}).get("TargetGroups")
        for each in configured or [{"TargetGroupArn": action.data.get("TargetGroupArn"), "Weight": 1}]:
            yield each["TargetGroupArn"], int(each.get("Weight", 1))


def _paths(conditions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The paths of a rule; everything without a condition, nothing with one that is not known here."""
    if any(each.get("Field") != "path-pattern" for each in conditions):
        return ()
    paths = [
        path
        for each in conditions
        for path in each.get("Values") or each.get("PathPatternConfig", {}).get("Values", [])
    ]
    return tuple(paths) if conditions else EVERYTHING


def _group(group: Any, pace: Pace) -> Group:
    delay = group.attributes.get("deregistration_delay.timeout_seconds", 300)
    return Group(
        arn=group.arn,
        check=HealthCheck(
            path=group.health_check_path or "/",
            interval_seconds=pace.check_seconds(float(group.health_check_interval_seconds)),
            timeout_seconds=float(group.health_check_timeout_seconds),
            healthy_threshold=int(group.healthy_threshold_count),
            unhealthy_threshold=int(group.unhealthy_threshold_count),
            expected_status=_expected_status((getattr(group, "matcher", None) or {}).get("HttpCode") or "200"),
        ),
        deregistration_delay_seconds=pace.wait_seconds(float(delay)),
    )


def _expected_status(matcher: str) -> int:
    """A range stands for the class of its first status; of a list, the first entry counts."""
    first, dash, _ = matcher.split(",", maxsplit=1)[0].strip().partition("-")
    return int(first) // _CLASS_OF_STATUS if dash else int(first)
