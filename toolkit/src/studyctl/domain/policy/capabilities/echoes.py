"""What a role's own attributes repeat of policies that other resources of the plan manage.

The provider fills `inline_policy` of a role with whatever it found there. In the plan of a change that is how things
were: a policy that the plan rewrites or removes would still seem to be held as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.resources import Plan, mapping, mappings
from studyctl.domain.policy.graph.world import Identity

_ECHO = "inline_policy"
_INLINE = "aws_iam_role_policy"


def without_echoes(role: Identity, plan: Plan) -> Identity:
    """Return a role without what its attribute repeats. What nobody manages is no echo: it stays."""
    resource = plan.at(role.address)
    if resource is None or _ECHO in resource.expressions:
        return role
    managed = set(_managed(role, plan))
    own = tuple(document for document in role.policies if document.source != role.address)
    foreign = tuple(
        parse_policy_value(block["policy"], role.address)
        for block in resource.blocks(_ECHO)
        if block.get("policy") and block.get("name") not in managed
    )
    return replace(role, policies=_unique((*own, *foreign)))


def _managed(role: Identity, plan: Plan) -> Iterator[str]:
    """Yield the names of the role's inline policies that the plan keeps, changes or removes."""
    for change in mappings(plan.document.get("resource_changes")):
        if change.get("type") == _INLINE:
            states = (mapping(mapping(change.get("change")).get(time)) for time in ("before", "after"))
            yield from (str(state.get("name")) for state in states if state.get("role") == role.name)


def _unique(documents: tuple[Document, ...]) -> tuple[Document, ...]:
    return tuple(dict.fromkeys(documents))
