"""Parses policies into documents: IAM's policy grammar, with every violation and its place.

Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from studyctl.domain.policy.documents import (
    CURRENT_VERSION,
    OLD_VERSION,
    Condition,
    Document,
    Effect,
    Item,
    PolicyKind,
    Principal,
    PrincipalKind,
    Qualifier,
    Statement,
)
from studyctl.domain.policy.json_text import (
    Array,
    Literal,
    Node,
    Object,
    Source,
    Text,
    decode,
    from_value,
    read,
)
from studyctl.domain.policy.operators import OPERATOR_NAMES
from studyctl.domain.policy.problems import PolicyError, Problem, ProblemKind

DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_PRINCIPAL_KINDS = {kind.value: kind for kind in PrincipalKind if kind is not PrincipalKind.ANYONE}
_EFFECTS = {effect.value: effect for effect in Effect}
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?\Z", re.IGNORECASE)
_ACTION = re.compile(r"(?:\*|(?:\*|[a-zA-Z0-9][a-zA-Z0-9-]*):[a-zA-Z0-9*?_-]+)\Z")
_MAX_PROBLEMS = 100
"""A text that is wrong more often is not read further."""


def parse_policy(text: str | bytes, source: str) -> Document:
    """Return the policy that a text holds; `source` names it in every position.

    Raises:
        PolicyError: with every violation of the grammar, or the first of JSON.
    """
    origin = Source(source, decode(text, source) if isinstance(text, bytes) else text)
    return _Parser(origin).document(read(origin))


def parse_policy_value(value: Any, source: str) -> Document:
    """Return the policy that a plan holds, as a string of JSON or already parsed; positions name only the source.

    Raises:
        PolicyError: with every violation of the grammar, or the first of JSON.
    """
    if isinstance(value, str):
        text = Source(source, value)
        node = read(text)
        return _Parser(text).document(node)
    origin = Source(source)
    return _Parser(origin).document(from_value(value, origin))


def kind_problems(document: Document, kind: PolicyKind) -> tuple[Problem, ...]:
    """Return what a document lacks, or has too much, for where it is attached."""
    return tuple(_kind_problems(document, kind))


def _kind_problems(document: Document, kind: PolicyKind) -> Iterator[Problem]:
    needs_principal = kind in (
        PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.ENDPOINT, PolicyKind.RESOURCE_CONTROL,
    )  # fmt: skip
    for statement in document.statements:
        messages = []
        if needs_principal and statement.principals is None:
            messages.append(f"a {kind.value} needs a Principal in every statement")
        if not needs_principal and statement.principals is not None:
            messages.append(f"a {kind.value} has no Principal: it holds for whoever it is attached to")
        if kind is PolicyKind.TRUST and statement.resources is not None:
            messages.append("a trust policy has no Resource: it stands on the role itself")
        if kind is not PolicyKind.TRUST and statement.resources is None:
            messages.append(f"a {kind.value} needs a Resource or NotResource in every statement")
        if kind is PolicyKind.RESOURCE_CONTROL and statement.is_allow:
            messages.append("a resource control policy can only deny")
        for message in messages:
            yield Problem(ProblemKind.GRAMMAR, message, statement.position, statement.index, statement.sid)


class _Parser:
    """Collects problems while it goes; raises them all at the end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._problems: list[Problem] = []
        self._statement: int | None = None
        self._sid = ""
        self._has_variables = False

    def document(self, node: Node) -> Document:
        members = self._elements(node, DOCUMENT_ELEMENTS, "a policy")
        version = self._text(members.get("Version"), "Version")
        if version not in ("", CURRENT_VERSION, OLD_VERSION):
            hint = f'Version "{version}" does not exist; write "{CURRENT_VERSION}"'
            self._problem(hint, members["Version"].offset)
        self._has_variables = version == CURRENT_VERSION
        identifier = self._text(members.get("Id"), "Id")
        statements: tuple[Statement, ...] = ()
        if "Statement" in members:
            statements = self._statements(members["Statement"])
        else:
            self._problem("a policy has a Statement", node.offset)
        if self._problems:
            raise PolicyError(self._problems)
        return Document(
            self._source.name,
            statements,
            version or OLD_VERSION,
            bool(version),
            identifier,
            self._size(node),
        )

    def _size(self, node: Node) -> int:
        text = self._source.text or json.dumps(_plain(node))
        return sum(map(len, text.split()))

    def _statements(self, node: Node) -> tuple[Statement, ...]:
        nodes = node.items if isinstance(node, Array) else (node,)
        if not nodes:
            self._problem("Statement lists nothing", node.offset)
        statements = []
        seen: set[str] = set()
        for index, item in enumerate(nodes):
            if len(self._problems) >= _MAX_PROBLEMS:
                break
            self._statement, self._sid = index, ""
            statement = self._one_statement(index, item)
            if statement is None:
                continue
            if statement.sid and statement.sid in seen:
                self._problem(f'the Sid "{statement.sid}" comes twice', item.offset)
            seen.add(statement.sid)
            statements.append(statement)
        self._statement, self._sid = None, ""
        return tuple(statements)

    def _one_statement(self, index: int, node: Node) -> Statement | None:
        if not isinstance(node, Object):
            self._problem("a statement is an object", node.offset)
            return None
        sid = next((value for key, value in node.members if key.value == "Sid"), None)
        self._sid = sid.value if isinstance(sid, Text) else ""
        members = self._elements(node, STATEMENT_ELEMENTS, "a statement")
        self._text(members.get("Sid"), "Sid")
        effect = _EFFECTS.get(self._text(members.get("Effect"), "Effect"))
        if effect is None:
            place = members["Effect"].offset if "Effect" in members else node.offset
            self._problem('a statement has an Effect: "Allow" or "Deny", spelled so', place)
        actions = self._one_of(members, "Action", node)
        if actions is None:
            self._problem("a statement has an Action or a NotAction", node.offset)
        for action in actions or ():
            if not _ACTION.match(action.text):
                self._report(f'"{action.text}" is not an action; write SERVICE:NAME or *', action)
        resources = self._one_of(members, "Resource", node)
        self._check_one("Principal", members, node)
        principal = members.get("Principal", members.get("NotPrincipal"))
        return Statement(
            index=index,
            effect=effect or Effect.DENY,
            actions=actions or (),
            resources=resources,
            principals=None if principal is None else self._principals(principal),
            conditions=self._conditions(members["Condition"]) if "Condition" in members else (),
            sid=self._sid,
            is_not_action="NotAction" in members,
            is_not_resource="NotResource" in members,
            is_not_principal="NotPrincipal" in members,
            has_variables=self._has_variables,
            position=self._source.position(node.offset),
        )

    def _one_of(self, members: Mapping[str, Node], name: str, node: Node) -> tuple[Item, ...] | None:
        self._check_one(name, members, node)
        for element in (name, f"Not{name}"):
            if element in members:
                return self._strings(members[element], element)
        return None

    def _check_one(self, name: str, members: Mapping[str, Node], node: Node) -> None:
        if name in members and f"Not{name}" in members:
            self._problem(f"a statement has {name} or Not{name}, not both", node.offset)

    def _principals(self, node: Node) -> tuple[Principal, ...]:
        if isinstance(node, Text):
            if node.value != "*":
                self._problem('Principal is "*" or an object such as {"AWS": "..."}', node.offset)
            return (Principal(PrincipalKind.ANYONE, self._item(node)),)
        found: list[Principal] = []
        for name, value in self._elements(node, tuple(_PRINCIPAL_KINDS), "Principal").items():
            kind = _PRINCIPAL_KINDS[name]
            found.extend(Principal(kind, item) for item in self._strings(value, name))
        return tuple(found)

    def _conditions(self, node: Node) -> tuple[Condition, ...]:
        if not isinstance(node, Object):
            self._problem("Condition is an object: operator, key, values", node.offset)
            return ()
        found: list[Condition] = []
        for operator, keys in node.members:
            parts = _OPERATOR.match(operator.value)
            name = OPERATOR_NAMES.get(parts[2].lower()) if parts else None
            if parts is None or name is None:
                self._problem(
                    f'there is no condition operator "{operator.value}"{_guess(operator.value)}', operator.offset
                )
                continue
            if name == "Null" and parts[3]:
                self._problem("Null has no IfExists: it asks whether the key exists", operator.offset)
            if not isinstance(keys, Object):
                self._problem(f"{operator.value} is an object: key, values", keys.offset)
                continue
            qualifier = _QUALIFIERS.get((parts[1] or "").lower())
            item = self._item(operator)
            found.extend(
                Condition(name, qualifier, bool(parts[3]), self._item(key), self._values(values), item)
                for key, values in keys.members
            )
        return tuple(found)

    def _values(self, node: Node) -> tuple[Item, ...]:
        found = []
        for item in node.items if isinstance(node, Array) else (node,):
            if isinstance(item, Text | Literal) and not _is_null(item):
                found.append(self._item(item))
            else:
                self._problem("a condition's value is a string, a number or a boolean", item.offset)
        return tuple(found)

    def _elements(self, node: Node, known: tuple[str, ...], what: str) -> dict[str, Node]:
        if not isinstance(node, Object):
            self._problem(f"{what} is an object", node.offset)
            return {}
        members: dict[str, Node] = {}
        for key, value in node.members:
            if key.value in known:
                members[key.value] = value
            else:
                meant = _closest(key.value.capitalize(), known) or " or ".join(known)
                self._problem(f'{what} has no "{key.value}"; is it {meant}?', key.offset)
        return members

    def _strings(self, node: Node, element: str) -> tuple[Item, ...]:
        found = []
        for item in node.items if isinstance(node, Array) else (node,):
            if isinstance(item, Text):
                if not item.value:
                    self._problem(f"{element} has an empty string", item.offset)
                found.append(self._item(item))
            else:
                self._problem(f"{element} is a string or a list of strings", item.offset)
        return tuple(found)

    def _text(self, node: Node | None, element: str) -> str:
        if node is None:
            return ""
        if isinstance(node, Text):
            return node.value
        self._problem(f"{element} is a string", node.offset)
        return ""

    def _item(self, node: Text | Literal) -> Item:
        return Item(node.value, self._source.position(node.offset))

    def _problem(self, message: str, offset: int) -> None:
        place = self._source.position(offset)
        self._problems.append(Problem(ProblemKind.GRAMMAR, message, place, self._statement, self._sid))

    def _report(self, message: str, item: Item) -> None:
        self._problems.append(Problem(ProblemKind.GRAMMAR, message, item.position, self._statement, self._sid))


_QUALIFIERS = {qualifier.value.lower(): qualifier for qualifier in Qualifier}


def _is_null(node: Text | Literal) -> bool:
    return isinstance(node, Literal) and node.value == "null"


def _guess(operator: str) -> str:
    name = operator.rpartition(":")[2].lower().removesuffix("ifexists")
    close = _closest(name, OPERATOR_NAMES)
    return f"; is it {OPERATOR_NAMES[close]}?" if close else ""


def _closest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is mistyped

    return next(iter(get_close_matches(name, list(known), 1)), "")


def _plain(node: Node) -> Any:
    if isinstance(node, Object):
        return {key.value: _plain(value) for key, value in node.members}
    if isinstance(node, Array):
        return [_plain(item) for item in node.items]
    return node.value if isinstance(node, Text) else json.loads(node.value)
