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
from studyctl.domain.policy.json_text import KEY, Number, Path, Source
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
    origin = Source.of_bytes(text, source) if isinstance(text, bytes) else Source(source, text)
    return _Parser(origin).document(origin.load())


def parse_policy_value(value: Any, source: str) -> Document:
    """Return the policy that a plan holds, as a string of JSON or already parsed; then positions name only the source.

    Raises:
        PolicyError: with every violation of the grammar, or the first of JSON.
    """
    return parse_policy(value, source) if isinstance(value, str) else _Parser(Source(source)).document(value)


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

    def document(self, value: Any) -> Document:
        members = self._elements(value, (), DOCUMENT_ELEMENTS, "a policy")
        version = self._text(members, "Version", ())
        if version not in ("", CURRENT_VERSION, OLD_VERSION):
            self._problem(f'Version "{version}" does not exist; write "{CURRENT_VERSION}"', ("Version",))
        self._has_variables = version == CURRENT_VERSION
        identifier = self._text(members, "Id", ())
        statements: tuple[Statement, ...] = ()
        if "Statement" in members:
            statements = self._statements(members["Statement"])
        else:
            self._problem("a policy has a Statement", ())
        if self._problems:
            raise PolicyError(self._problems)
        text = self._source.text or json.dumps(value)
        size = sum(map(len, text.split()))
        return Document(self._source.name, statements, version or OLD_VERSION, bool(version), identifier, size)

    def _statements(self, value: Any) -> tuple[Statement, ...]:
        is_list = isinstance(value, list)
        if is_list and not value:
            self._problem("Statement lists nothing", ("Statement",))
        statements = []
        seen: set[str] = set()
        for index, item in enumerate(value if is_list else (value,)):
            if len(self._problems) >= _MAX_PROBLEMS:
                break
            path: Path = ("Statement", index) if is_list else ("Statement",)
            self._statement, self._sid = index, ""
            if not isinstance(item, dict):
                self._problem("a statement is an object", path)
                continue
            statement = self._one_statement(index, item, path)
            if statement.sid and statement.sid in seen:
                self._problem(f'the Sid "{statement.sid}" comes twice', path)
            seen.add(statement.sid)
            statements.append(statement)
        self._statement, self._sid = None, ""
        return tuple(statements)

    def _one_statement(self, index: int, value: dict[str, Any], path: Path) -> Statement:
        sid = value.get("Sid")
        self._sid = sid if isinstance(sid, str) else ""
        members = self._elements(value, path, STATEMENT_ELEMENTS, "a statement")
        self._text(members, "Sid", path)
        effect = _EFFECTS.get(self._text(members, "Effect", path))
        if effect is None:
            place = (*path, "Effect") if "Effect" in members else path
            self._problem('a statement has an Effect: "Allow" or "Deny", spelled so', place)
        actions = self._one_of(members, "Action", path)
        if actions is None:
            self._problem("a statement has an Action or a NotAction", path)
        for action in actions or ():
            if not _ACTION.match(action.text):
                self._problem(f'"{action.text}" is not an action; write SERVICE:NAME or *', action.path)
        return Statement(
            index=index,
            effect=effect or Effect.DENY,
            actions=actions or (),
            resources=self._one_of(members, "Resource", path),
            principals=self._principals(members, path),
            conditions=self._conditions(members["Condition"], path) if "Condition" in members else (),
            sid=self._sid,
            is_not_action="NotAction" in members,
            is_not_resource="NotResource" in members,
            is_not_principal="NotPrincipal" in members,
            has_variables=self._has_variables,
            origin=self._source,
            path=path,
        )

    def _one_of(self, members: Mapping[str, Any], name: str, path: Path) -> tuple[Item, ...] | None:
        element = self._present(members, name, path)
        return None if element is None else self._strings(members[element], (*path, element))

    def _present(self, members: Mapping[str, Any], name: str, path: Path) -> str | None:
        opposite = f"Not{name}"
        if name in members and opposite in members:
            self._problem(f"a statement has {name} or {opposite}, not both", path)
        return name if name in members else opposite if opposite in members else None

    def _principals(self, members: Mapping[str, Any], path: Path) -> tuple[Principal, ...] | None:
        element = self._present(members, "Principal", path)
        if element is None:
            return None
        path, value = (*path, element), members[element]
        if isinstance(value, str):
            if value != "*":
                self._problem('Principal is "*" or an object such as {"AWS": "..."}', path)
            return (Principal(PrincipalKind.ANYONE, Item(value, self._source, path)),)
        found: list[Principal] = []
        for name, entries in self._elements(value, path, tuple(_PRINCIPAL_KINDS), "Principal").items():
            kind = _PRINCIPAL_KINDS[name]
            found.extend(Principal(kind, item) for item in self._strings(entries, (*path, name)))
        return tuple(found)

    def _conditions(self, value: Any, path: Path) -> tuple[Condition, ...]:
        path = (*path, "Condition")
        if not isinstance(value, dict):
            self._problem("Condition is an object: operator, key, values", path)
            return ()
        found: list[Condition] = []
        for written, keys in value.items():
            place = (*path, written)
            operator = self._operator(written, (*place, KEY))
            if operator is None:
                continue
            if not isinstance(keys, dict):
                self._problem(f"{written} is an object: key, values", place)
                continue
            name, qualifier, if_exists = operator
            item = Item(written, self._source, (*place, KEY))
            for key, values in keys.items():
                if not isinstance(key, str):
                    self._problem("a condition key is a string", place)
                    continue
                key_item = Item(key, self._source, (*place, key, KEY))
                found.append(Condition(name, qualifier, if_exists, key_item, self._values(values, (*place, key)), item))
        return tuple(found)

    def _operator(self, written: Any, path: Path) -> tuple[str, Qualifier | None, bool] | None:
        parts = _OPERATOR.match(written) if isinstance(written, str) else None
        name = OPERATOR_NAMES.get(parts[2].lower()) if parts else None
        if parts is None or name is None:
            self._problem(f'there is no condition operator "{written}"{_guess(str(written))}', path)
            return None
        if name == "Null" and parts[3]:
            self._problem("Null has no IfExists: it asks whether the key exists", path)
        return name, _QUALIFIERS.get((parts[1] or "").lower()), bool(parts[3])

    def _values(self, value: Any, path: Path) -> tuple[Item, ...]:
        found = []
        for place, item in _each(value, path):
            text = _scalar_text(item)
            if text is None:
                self._problem("a condition's value is a string, a number or a boolean", place)
            else:
                found.append(Item(text, self._source, place))
        return tuple(found)

    def _elements(self, value: Any, path: Path, known: tuple[str, ...], what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._problem(f"{what} is an object", path)
            return {}
        unknown = [key for key in value if key not in known]
        for key in unknown:
            meant = _closest(str(key).capitalize(), known) or " or ".join(known)
            self._problem(f'{what} has no "{key}"; is it {meant}?', (*path, key, KEY))
        return {key: item for key, item in value.items() if key in known} if unknown else value

    def _strings(self, value: Any, path: Path) -> tuple[Item, ...]:
        found = []
        for place, item in _each(value, path):
            if not isinstance(item, str):
                self._problem(f"{path[-1]} is a string or a list of strings", place)
                continue
            if not item:
                self._problem(f"{path[-1]} has an empty string", place)
            found.append(Item(item, self._source, place))
        return tuple(found)

    def _text(self, members: Mapping[str, Any], element: str, path: Path) -> str:
        value = members.get(element, "")
        if isinstance(value, str):
            return value
        self._problem(f"{element} is a string", (*path, element))
        return ""

    def _problem(self, message: str, path: Path) -> None:
        place = self._source.position_at(path)
        self._problems.append(Problem(ProblemKind.GRAMMAR, message, place, self._statement, self._sid))


_QUALIFIERS = {qualifier.value.lower(): qualifier for qualifier in Qualifier}


def _each(value: Any, path: Path) -> Iterable[tuple[Path, Any]]:
    """Return a value, or each of a list, with its path."""
    if isinstance(value, list):
        return [((*path, index), item) for index, item in enumerate(value)]
    return ((path, value),)


def _scalar_text(value: Any) -> str | None:
    """Return a string, or a number or boolean as JSON writes it; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, Number):
        return value.text
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _guess(operator: str) -> str:
    name = operator.rpartition(":")[2].lower().removesuffix("ifexists")
    close = _closest(name, OPERATOR_NAMES)
    return f"; is it {OPERATOR_NAMES[close]}?" if close else ""


def _closest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is mistyped

    return next(iter(get_close_matches(name, list(known), 1)), "")
