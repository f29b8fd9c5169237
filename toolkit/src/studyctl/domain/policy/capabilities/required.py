"""What a contract comes to: the least policy that lets a role do what it says, with ARNs or with templates for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studyctl.domain.policy.capabilities.contracts import Kinds, key_of
from studyctl.domain.policy.capabilities.model import Contract, Grant, Need, ResourceName
from studyctl.domain.policy.documents import CURRENT_VERSION, Document
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.managed_policies import managed_policy
from studyctl.errors import UsageError

_PLACE = re.compile(r"\{([a-z_ ]+)\}")
_WORD = re.compile(r"[A-Za-z0-9]+")
Atom = tuple[str, str, str]
"""Action, resource, and the condition as JSON."""


class Resolver(Protocol):
    """Says what stands for a resource in a policy, and what is true of the environment."""

    def arn(self, resource: ResourceName) -> str:
        """Return the ARN of a resource, or a template for it."""
        ...

    def fact(self, name: str) -> str:
        """Return a fact: region, account, partition, prefix, backup_region."""
        ...


@dataclass(frozen=True, slots=True)
class Least:
    """The least policies for one contract: statements of its own, and documents that AWS wrote."""

    statements: tuple[Mapping[str, Any], ...]
    managed: tuple[Document, ...] = ()

    def documents(self, source: str) -> tuple[Document, ...]:
        """Return everything as documents."""
        own = (parse_policy_value(policy_value(self.statements), source),) if self.statements else ()
        return (*own, *self.managed)


def least(contract: Contract, kinds: Kinds, resolver: Resolver, fields: Mapping[str, str]) -> Least:
    """Return the least policies for a role that a contract is about; nothing in them is granted twice."""
    said: set[Atom] = set()
    grouped: dict[tuple[str, str], dict[str, list[str]]] = {}
    managed: list[Document] = []
    for need in contract.needs:
        if need.phrase.is_managed:
            managed.append(_managed(need))
            continue
        for action, resource, condition in _atoms(need, kinds, resolver, fields):
            if (action, resource, condition) not in said:
                said.add((action, resource, condition))
                grouped.setdefault((need.phrase.words, condition), {}).setdefault(resource, []).append(action)
    return Least(tuple(_statements(grouped)), tuple(managed))


def policy_value(statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return statements as a policy."""
    return {"Version": CURRENT_VERSION, "Statement": list(statements)}


def policy_text(statements: Sequence[Mapping[str, Any]]) -> str:
    """Return statements as the text of a policy."""
    return json.dumps(policy_value(statements), indent=2, ensure_ascii=False) + "\n"


def _atoms(need: Need, kinds: Kinds, resolver: Resolver, fields: Mapping[str, str]) -> Iterator[Atom]:
    places = _places(need, kinds, resolver, fields)
    for grant in need.phrase.grants:
        yield from _of_grant(grant, places, resolver)


def _of_grant(grant: Grant, places: Mapping[str, str], resolver: Resolver) -> Iterator[Atom]:
    def fill(template: str) -> str:
        return _PLACE.sub(lambda found: places[found[1]] if found[1] in places else resolver.fact(found[1]), template)

    if "key" not in places and any("{key}" in template for template in grant.resources):
        return  # nothing is encrypted with a key of its own, so none is needed
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in grant.conditions:
        conditions.setdefault(operator, {})[key] = [fill(value) for value in values]
    condition = json.dumps(conditions, sort_keys=True)
    for template in grant.resources:
        resource = fill(template)
        for action in grant.actions:
            yield action, resource, condition


def _places(need: Need, kinds: Kinds, resolver: Resolver, fields: Mapping[str, str]) -> dict[str, str]:
    places: dict[str, str] = {}
    if need.resource is not None:
        resource = need.resource.filled(fields)
        places["it"] = resolver.arn(resource)
        key = key_of(resource, kinds)
        if key is not None:
            places["key"] = resolver.arn(key)
    for word, value in need.beside.items():
        if isinstance(value, ResourceName):
            places[word] = resolver.arn(value.filled(fields))
        else:
            places[word] = _PLACE.sub(lambda found: fields.get(found[1]) or resolver.fact(found[1]), value)
    return places


def _statements(grouped: Mapping[tuple[str, str], Mapping[str, list[str]]]) -> Iterator[dict[str, Any]]:
    """Yield a statement for each phrase, condition and set of actions; its resources together."""
    taken: dict[str, int] = {}
    for (words, condition), by_resource in grouped.items():
        together: dict[tuple[str, ...], list[str]] = {}
        for resource, actions in by_resource.items():
            together.setdefault(tuple(sorted(actions)), []).append(resource)
        for names, resources in together.items():
            stem = "".join(word[0].upper() + word[1:] for word in _WORD.findall(words))
            taken[stem] = taken.get(stem, 0) + 1
            statement: dict[str, Any] = {
                "Sid": stem if taken[stem] == 1 else f"{stem}{taken[stem]}",
                "Effect": "Allow",
                "Action": list(names),
                "Resource": resources,
            }
            conditions = json.loads(condition)
            yield {**statement, "Condition": conditions} if conditions else statement


def _managed(need: Need) -> Document:
    document = managed_policy(f"arn:aws:iam::aws:policy/{need.policy}")
    if document is None:
        raise UsageError(
            f"AWS has no policy {need.policy!r}, or the data of this version does not hold it",
            hint="Bring the data up to date with: python scripts/refresh_managed_policies.py",
        )
    return document


def joined(parts: Iterable[Least], source: Callable[[int], str]) -> tuple[Document, ...]:
    """Return the documents of several contracts."""
    return tuple(document for number, part in enumerate(parts) for document in part.documents(source(number)))
