"""Turns JSON values into documents and collects every violation of the grammar on the way.

Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from studyctl.domain.policy.documents import (
    CURRENT_VERSION,
    OLD_VERSION,
    Condition,
    Document,
    Effect,
    Item,
    Principal,
    PrincipalKind,
    Qualifier,
    Statement,
)
from studyctl.domain.policy.json_text import KEY, Number, Path, Source
from studyctl.domain.policy.operators import OPERATOR_NAMES
from studyctl.domain.policy.problems import PolicyError, Problem, ProblemKind

DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
STATEMENT_ELEMENTS = frozenset(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
)
_PRINCIPAL_KINDS = {kind.value: kind for kind in PrincipalKind if kind is not PrincipalKind.ANYONE}
_PRINCIPAL_ELEMENTS = frozenset(_PRINCIPAL_KINDS)
_EFFECTS = {effect.value: effect for effect in Effect}
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?\Z", re.IGNORECASE)
_ACTION = re.compile(r"(?:\*|(?:\*|[a-zA-Z0-9][a-zA-Z0-9-]*):[a-zA-Z0-9*?_-]+)\Z")
_MAX_PROBLEMS = 100
"""A text that is wrong more often is not read further."""


class PolicyParser:
    """Collects problems while it goes; raises them all at the end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._problems: list[Problem] = []
        self._statement: int | None = None
        self._sid = ""
        self._has_variables = False

    def document(self, value: Any) -> Document:
        """Return the policy that a JSON value is.

        Raises:
            PolicyError: with every violation of the grammar.
        """
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
        return Document(self._source.name, statements, version or OLD_VERSION, bool(version), identifier, text)

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
        sid = value.get("Sid", "")
        self._sid = sid if isinstance(sid, str) else ""
        members = self._elements(value, path, STATEMENT_ELEMENTS, "a statement")
        if not isinstance(sid, str):
            self._problem("Sid is a string", (*path, "Sid"))
        effect = self._effect(members, path)
        element, is_not_action = self._one_of(members, "Action", "NotAction", path)
        if element is None:
            self._problem("a statement has an Action or a NotAction", path)
        actions = () if element is None else self._actions(members[element], (*path, element))
        element, is_not_resource = self._one_of(members, "Resource", "NotResource", path)
        resources = None if element is None else self._strings(members[element], (*path, element))
        element, is_not_principal = self._one_of(members, "Principal", "NotPrincipal", path)
        principals = None if element is None else self._principals(members[element], (*path, element))
        conditions = self._conditions(members["Condition"], path) if "Condition" in members else ()
        return Statement(
            index,
            effect,
            actions,
            resources,
            principals,
            conditions,
            self._sid,
            is_not_action,
            is_not_resource,
            is_not_principal,
            self._has_variables,
            self._source,
            path,
        )

    def _effect(self, members: Mapping[str, Any], path: Path) -> Effect:
        written = members.get("Effect", "")
        effect = _EFFECTS.get(written) if isinstance(written, str) else None
        if effect is None:
            place = (*path, "Effect") if "Effect" in members else path
            if not isinstance(written, str):
                self._problem("Effect is a string", place)
            self._problem('a statement has an Effect: "Allow" or "Deny", spelled so', place)
        return effect or Effect.DENY

    def _one_of(self, members: Mapping[str, Any], name: str, opposite: str, path: Path) -> tuple[str | None, bool]:
        """Return which of an element and its opposite there is, and whether it has the opposite."""
        if opposite not in members:
            return name if name in members else None, False
        if name in members:
            self._problem(f"a statement has {name} or {opposite}, not both", path)
            return name, True
        return opposite, True

    def _actions(self, value: Any, path: Path) -> tuple[Item, ...]:
        actions = self._strings(value, path)
        for action in actions:
            if not _is_action(action.text):
                self._problem(f'"{action.text}" is not an action; write SERVICE:NAME or *', action.path)
        return actions

    def _principals(self, value: Any, path: Path) -> tuple[Principal, ...]:
        if isinstance(value, str):
            if value != "*":
                self._problem('Principal is "*" or an object such as {"AWS": "..."}', path)
            return (Principal(PrincipalKind.ANYONE, Item(value, self._source, path)),)
        found: list[Principal] = []
        for name, entries in self._elements(value, path, _PRINCIPAL_ELEMENTS, "Principal").items():
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
        operator = _operator_parts(written) if isinstance(written, str) else None
        if operator is None:
            self._problem(f'there is no condition operator "{written}"{_guess(str(written))}', path)
        elif operator[0] == "Null" and operator[2]:
            self._problem("Null has no IfExists: it asks whether the key exists", path)
        return operator

    def _values(self, value: Any, path: Path) -> tuple[Item, ...]:
        found = []
        for place, item in _each(value, path):
            text = _scalar_text(item)
            if text is None:
                self._problem("a condition's value is a string, a number or a boolean", place)
            else:
                found.append(Item(text, self._source, place))
        return tuple(found)

    def _elements(self, value: Any, path: Path, known: frozenset[str], what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._problem(f"{what} is an object", path)
            return {}
        if known.issuperset(value):
            return value
        for key in value:
            if key not in known:
                meant = _closest(str(key), known) or " or ".join(sorted(known))
                self._problem(f'{what} has no "{key}"; is it {meant}?', (*path, key, KEY))
        return {key: item for key, item in value.items() if key in known}

    def _strings(self, value: Any, path: Path) -> tuple[Item, ...]:
        origin = self._source
        if isinstance(value, str) and value:
            return (Item(value, origin, path),)
        if isinstance(value, list):
            texts = [
                Item(item, origin, (*path, place)) for place, item in enumerate(value) if item.__class__ is str and item
            ]
            if len(texts) == len(value):
                return tuple(texts)
        found = []
        for place, item in _each(value, path):
            if not isinstance(item, str):
                self._problem(f"{path[-1]} is a string or a list of strings", place)
                continue
            if not item:
                self._problem(f"{path[-1]} has an empty string", place)
            found.append(Item(item, origin, place))
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


@functools.lru_cache(maxsize=65_536)
def _is_action(text: str) -> bool:
    return _ACTION.match(text) is not None


@functools.lru_cache(maxsize=4096)
def _operator_parts(written: str) -> tuple[str, Qualifier | None, bool] | None:
    """Return name, qualifier and whether it ends in IfExists; None for what is no operator."""
    parts = _OPERATOR.match(written)
    name = OPERATOR_NAMES.get(parts[2].lower()) if parts else None
    if parts is None or name is None:
        return None
    return name, _QUALIFIERS.get((parts[1] or "").lower()), bool(parts[3])


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

    spelled = {each.lower(): each for each in known}
    return next((spelled[close] for close in get_close_matches(name.lower(), spelled, 1)), "")
