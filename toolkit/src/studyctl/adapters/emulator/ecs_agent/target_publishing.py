"""Targets of tasks in moto's target groups: registered, asked about, deregistered. `elbv2` is held meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studyctl.adapters.emulator.ecs_agent.target_health import TargetHealth

_ATTRIBUTE = "_studyctl_targets"

TaskTargets = Mapping[str, tuple[int, TargetHealth]]
"""Port and health of each target by its address."""


def task_targets(group: Any) -> TaskTargets:
    """The targets of a group that are tasks."""
    found: TaskTargets = group.__dict__.get(_ATTRIBUTE, {})
    return found


def publish_targets(backend: Any, targets: Mapping[str, TaskTargets]) -> None:
    """Let each group, by ARN, have exactly these tasks as targets, beside what others registered."""
    for arn, group in backend.target_groups.items():
        before, now = task_targets(group), targets.get(arn, {})
        for address in before.keys() - now.keys():
            group.targets.pop(address, None)
        for address, (port, _) in now.items():
            group.targets[address] = {"Id": address, "Port": port}
        if before or now:
            group.__dict__[_ATTRIBUTE] = dict(now)
