"""Elastic Load Balancing: the scheme of a balancer, and the health of targets that are tasks.

- `DescribeLoadBalancers` says no `Scheme` unless one was asked for; AWS always says one, `internet-facing` by default.
- Every target is healthy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.target_publishing import task_targets
from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("elbv2")


@EXTENSION.mend(ELBv2Backend, "create_load_balancer")
def create_load_balancer(
    original: Callable[..., FakeLoadBalancer], backend: ELBv2Backend, *arguments: Any, **fields: Any
) -> FakeLoadBalancer:
    """Take the default of AWS."""
    balancer = original(backend, *arguments, **fields)
    balancer.scheme = balancer.scheme or "internet-facing"
    return balancer


@EXTENSION.mend(FakeTargetGroup, "health_for")
def health_for(
    original: Callable[..., FakeHealthStatus], group: FakeTargetGroup, target: dict[str, Any], *rest: Any
) -> FakeHealthStatus:
    """A target that is a task stands as the local balancer says."""
    found = task_targets(group).get(target["Id"])
    if found is None:
        return original(group, target, *rest)
    port, health = found
    return FakeHealthStatus(
        target["Id"], str(port), str(port), health.state, health.reason or None, health.description or None
    )


def _ring(original: Callable[..., Any], backend: ELBv2Backend, *arguments: Any, **fields: Any) -> Any:
    """Let the agent know that requests go another way now."""
    answer = original(backend, *arguments, **fields)
    doorbell.ring()
    return answer


for _operation in ("modify_rule", "modify_listener", "create_rule", "delete_rule", "set_rule_priorities"):
    EXTENSION.mend(ELBv2Backend, _operation)(_ring)
