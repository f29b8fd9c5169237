"""What runs as whom: everything of a plan that is given a role, in whatever attribute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studyctl.domain.policy.graph.arns import arn_of
from studyctl.domain.policy.graph.references import References
from studyctl.domain.policy.graph.resources import Plan, PlannedResource
from studyctl.domain.policy.graph.world import Compute

_NOT_COMPUTE = ("aws_iam_",)
_PROFILE = "aws_iam_instance_profile"
_NAMES = frozenset(
    {"role", "iam_role", "iam_instance_profile", "instance_profile", "instance_profile_name", "arn", "name"}
)


def computes_of(plan: Plan) -> tuple[Compute, ...]:
    """Return the resources that are given a role of the plan."""
    return tuple(_Computes(plan).all())


class _Computes:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._references = References(plan)
        self._roles = {arn_of(role, plan): role for role in plan.of("aws_iam_role")}
        self._roles |= {role.text("name"): role for role in plan.of("aws_iam_role") if role.text("name")}
        self._profiles: dict[str, PlannedResource] = {}
        for profile in plan.of(_PROFILE):
            for name in (profile.text("name"), arn_of(profile, plan)):
                if name:
                    self._profiles[name] = profile

    def all(self) -> Iterator[Compute]:
        for one in self._plan.resources:
            if not one.is_managed or one.type.startswith(_NOT_COMPUTE):
                continue
            roles = list(dict.fromkeys((*self._named(one.values, ""), *self._referred(one))))
            if roles:
                yield Compute(one.address, one.type, arn_of(one, self._plan), tuple(role.address for role in roles))

    def _named(self, value: Any, name: str) -> Iterator[PlannedResource]:
        """Yield roles whose ARN, or whose profile, stands in an attribute for roles."""
        if isinstance(value, dict):
            for key, inner in value.items():
                is_inside = name if _takes_role(name) and key in _NAMES else key
                yield from self._named(inner, is_inside)
        elif isinstance(value, list):
            for inner in value:
                yield from self._named(inner, name)
        elif isinstance(value, str) and value and _takes_role(name):
            role = self._roles.get(value) if value.startswith("arn:") or name in _NAMES else None
            profile = self._profiles.get(value) if "profile" in name else None
            if profile is not None:
                yield from self._of_profile(profile)
            elif role is not None:
                yield role

    def _referred(self, one: PlannedResource) -> Iterator[PlannedResource]:
        for expression in _role_expressions(one.expressions, ""):
            for meant in self._references.of(one, expression).resources:
                if meant.type == "aws_iam_role" and meant.is_managed:
                    yield meant
                elif meant.type == _PROFILE:
                    yield from self._of_profile(meant)

    def _of_profile(self, profile: PlannedResource) -> Iterator[PlannedResource]:
        role = self._roles.get(profile.text("role"))
        if role is not None:
            yield role
        else:
            meaning = self._references.of(profile, profile.expressions.get("role"))
            yield from (meant for meant in meaning.resources if meant.type == "aws_iam_role")


def _takes_role(name: str) -> bool:
    return name.endswith(("role_arn", "_role")) or name == "role" or "instance_profile" in name


def _role_expressions(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if "references" in value and _takes_role(name):
            yield value
        for key, inner in value.items():
            is_inside = name if _takes_role(name) and key in _NAMES else key
            yield from _role_expressions(inner, is_inside)
    elif isinstance(value, list):
        for inner in value:
            yield from _role_expressions(inner, name)
