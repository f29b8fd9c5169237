"""Which statements are about an action: found by its name and its service instead of by trying every pattern.

Most questions are about actions that no statement names, so a statement is compiled only once one of them is asked for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from studyctl.domain.policy.documents import Statement
from studyctl.domain.policy.globs import action_glob, matches
from studyctl.domain.policy.scopes import Scope, scope_of

_WILDCARD = re.compile(r"[*?]")


class ActionIndex:
    """Statements by the actions that they name, and by the services that their patterns are about."""

    __slots__ = ("_answers", "_anywhere", "_named", "_patterns", "_scopes", "_services", "_statements")

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements = tuple(statements)
        self._named: dict[str, list[int]] = {}
        self._patterns: dict[str, list[tuple[str, int]]] = {}
        self._anywhere: list[int] = []
        self._answers: dict[str, tuple[Scope, ...]] = {}
        self._scopes: dict[int, Scope] = {}
        self._services: set[str] = set()
        for place, statement in enumerate(self._statements):
            self._add(place, statement)

    def about(self, action: str) -> tuple[Scope, ...]:
        """Return the statements that an action ("service:Name", any case, no wildcards) is among the actions of."""
        found = self._answers.get(action)
        if found is None:
            places = self._find(action.lower())
            found = self._answers[action] = tuple(map(self._scope, places)) if places else ()
        return found

    def among(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of some actions that a statement is about."""
        if self._anywhere:
            return tuple(action for action in actions if self.about(action))
        groups = _by_service(actions)
        services = self._services & groups.keys()
        if not services:
            return ()
        asked = (action for service in services for action in groups[service])
        return tuple(sorted(filter(self.about, asked), key=actions.index))

    def _scope(self, place: int) -> Scope:
        scope = self._scopes.get(place)
        if scope is None:
            scope = self._scopes[place] = scope_of(self._statements[place])
        return scope

    def _add(self, place: int, statement: Statement) -> None:
        if statement.is_not_action:
            self._anywhere.append(place)
            return
        for item in statement.actions:
            text = item.text.lower()
            service, mark, _ = text.partition(":")
            if "*" not in text and "?" not in text:
                self._named.setdefault(text, []).append(place)
                self._services.add(service)
            elif mark and not _WILDCARD.search(service):
                self._patterns.setdefault(service, []).append((text, place))
                self._services.add(service)
            else:
                self._anywhere.append(place)

    def _find(self, name: str) -> Iterable[int]:
        """Return the places of the statements, in their order."""
        found = set(self._named.get(name, ()))
        patterns = self._patterns.get(name.partition(":")[0])
        if patterns:
            found.update(place for text, place in patterns if matches(action_glob(text), name))
        if self._anywhere:
            found.update(place for place in self._anywhere if self._scope(place).actions.has(name))
        return sorted(found)


@functools.lru_cache(maxsize=1024)
def _by_service(actions: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for action in actions:
        service = action.partition(":")[0].lower()
        found[service] = (*found.get(service, ()), action)
    return found
