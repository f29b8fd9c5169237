"""Target tracking: how many tasks keep a metric at its target.

Source: Application Auto Scaling User Guide, 'How target tracking scaling works': out when three datapoints in a row are
above the target, in when fifteen are more than a tenth below it and every policy agrees; never in during a deployment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

OUT_PERIODS = 3
IN_PERIODS = 15
IN_MARGIN = 0.9


@dataclass(frozen=True)
class TrackingPolicy:
    """One policy with its datapoints, the oldest first and one a period. Cooldowns are in seconds of this machine."""

    name: str
    target: float
    points: Sequence[float | None]
    scale_out_cooldown_seconds: float
    scale_in_cooldown_seconds: float
    may_scale_in: bool = True


@dataclass(frozen=True)
class Capacity:
    """How many tasks are wanted now, and between which bounds policies may move that."""

    desired: int
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Scaling:
    """A change of the wanted count, and the policy that asked for it."""

    desired: int
    policy: str


def scale(
    policies: Sequence[TrackingPolicy],
    capacity: Capacity,
    *,
    seconds_since_last: float,
    is_deploying: bool,
) -> Scaling | None:
    """The change that the policies ask for together, if any: the largest wish wins."""
    if capacity.desired == 0:
        return None
    out = [(wish, policy) for policy in policies if (wish := _outwards(policy, capacity.desired))]
    if out:
        wish, policy = max(out, key=lambda pair: pair[0])
        return _bounded(wish, policy, capacity, seconds_since_last >= policy.scale_out_cooldown_seconds)
    inwards = [(_inwards(policy, capacity.desired), policy) for policy in policies]
    if not policies or is_deploying or any(wish is None for wish, _ in inwards):
        return None
    wish, policy = max(((wish or 0, policy) for wish, policy in inwards), key=lambda pair: pair[0])
    return _bounded(wish, policy, capacity, seconds_since_last >= policy.scale_in_cooldown_seconds)


def _outwards(policy: TrackingPolicy, desired: int) -> int | None:
    recent = list(policy.points)[-OUT_PERIODS:]
    there = [point for point in recent if point is not None]
    if len(there) < OUT_PERIODS or any(point <= policy.target for point in there):
        return None
    return math.ceil(desired * there[-1] / policy.target)


def _inwards(policy: TrackingPolicy, desired: int) -> int | None:
    recent = list(policy.points)[-IN_PERIODS:]
    there = [point for point in recent if point is not None]
    is_low = len(there) == IN_PERIODS and all(point < policy.target * IN_MARGIN for point in there)
    return math.ceil(desired * max(there) / policy.target) if is_low and policy.may_scale_in else None


def _bounded(wish: int, policy: TrackingPolicy, capacity: Capacity, has_cooled_down: bool) -> Scaling | None:
    bounded = min(max(wish, capacity.minimum), capacity.maximum)
    return Scaling(bounded, policy.name) if has_cooled_down and bounded != capacity.desired else None
