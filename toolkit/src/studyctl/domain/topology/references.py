"""Which modules refer to which: read from the configuration, and from what is planned where that says more.

Terraform's JSON leaves out two things: the expressions of locals, and the blocks that `dynamic` makes. What passes
through those is found in what is planned instead: actions that a policy allows, keys of rules, names of DNS records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studyctl.domain.topology.planned import Instance, Resource, mapping, mappings, root_resources

_MODULE = re.compile(r'module\.([^.\[]+)(?:\["?([^"\]]*)"?\])?')
_RESOURCE = re.compile(r"(?:data\.)?[a-z0-9_]+\.[^.\[]+")


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """The module call `source` gets something of module call `target`, of its instance `key` if that is said."""

    source: str
    target: str
    key: str
    argument: str


class Configuration:
    """What the root module says about itself."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._root = mapping(mapping(document.get("configuration")).get("root_module"))
        self._planned = root_resources(document)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every reference from one module call to another, through resources of the root too."""
        return tuple(
            sorted(
                {
                    Reference(source, call, key, argument)
                    for source, module in mapping(self._root.get("module_calls")).items()
                    for argument, expression in mapping(mapping(module).get("expressions")).items()
                    for call, key in self._modules(expression)
                    if call != source
                }
            )
        )

    def policies_of(self, instance: Instance) -> Iterator[Resource]:
        """Return the policy documents of an instance: those it makes, and those it is given under its own key."""
        yield from (one for one in instance.resources if one.type == "aws_iam_policy_document")
        module = mapping(mapping(self._root.get("module_calls")).get(instance.call))
        given = {_base(reference) for reference in _references(module.get("expressions"))}
        for one in self._planned:
            if one.type == "aws_iam_policy_document" and one.index == instance.key and _base(one.address) in given:
                yield one

    def aliases(self) -> Iterator[tuple[str, str, str]]:
        """Yield host name, module call and key for every name of the root that stands for a module."""
        for record in self._planned:
            if record.type == "aws_route53_record" and record.text("name"):
                for call, key in self._modules(self._resource(_base(record.address)).get("expressions")):
                    yield record.text("name"), call, key

    def _modules(self, expression: Any, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
        for reference in _references(expression):
            if found := _MODULE.match(reference):
                yield found[1], found[2] or ""
            elif (base := _base(reference)) not in seen and (resource := self._resource(base)):
                yield from self._modules(resource.get("expressions"), seen | {base})

    def _resource(self, address: str) -> Mapping[str, Any]:
        return next((one for one in mappings(self._root.get("resources")) if one.get("address") == address), {})


def actions_of(policies: Iterator[Resource]) -> frozenset[str]:
    """Return the IAM actions that policy documents name."""
    return frozenset(
        str(action)
        for policy in policies
        for statement in policy.all("statement")
        for action in _items(statement.get("actions"))
    )


def origins_of(instance: Instance) -> frozenset[str]:
    """Return the host names that a distribution fetches from."""
    return frozenset(
        str(origin["domain_name"])
        for one in instance.of("aws_cloudfront_distribution")
        for origin in one.all("origin")
        if origin.get("domain_name")
    )


def admitted(members: Sequence[Instance], other: Instance) -> tuple[Instance, ...]:
    """Return the members for which `other` has something of its own: a rule, a target, a permission under their key."""
    keys = {_plain(resource.index) for resource in other.managed}
    return tuple(member for member in members if _plain(member.key) in keys)


def _plain(key: str) -> str:
    return key.replace("_", "-").lower()


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, dict):
        for name, inner in expression.items():
            if name == "references":
                yield from (str(reference) for reference in _items(inner))
            else:
                yield from _references(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from _references(inner)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _base(address: str) -> str:
    """Return the address of a resource without attribute and index."""
    found = _RESOURCE.match(address)
    return found[0] if found else address
