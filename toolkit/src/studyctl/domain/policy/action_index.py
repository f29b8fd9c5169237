"""Which statements are about an action: found by its name and its service instead of by trying every pattern."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping

from studyctl.domain.policy.globs import Glob, matches
from studyctl.domain.policy.scopes import Scope


class ActionIndex:
    """Statements by the actions that they name, and by the services that their patterns are about."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self._named: dict[str, list[Scope]] = defaultdict(list)
        self._patterns: dict[str, list[tuple[Glob, Scope]]] = defaultdict(list)
        self._anywhere: list[Scope] = []
        self._answers: dict[str, tuple[Scope, ...]] = {}
        self._scopes = tuple(scopes)
        self._places = {id(scope): place for place, scope in enumerate(self._scopes)}
        for scope in self._scopes:
            self._add(scope)
        self._services = {name.partition(":")[0] for name in self._named} | self._patterns.keys()

    def about(self, action: str) -> tuple[Scope, ...]:
        """Return the statements that an action ("service:Name", any case, no wildcards) is among the actions of."""
        found = self._answers.get(action)
        if found is None:
            found = self._answers[action] = tuple(self._find(action.lower()))
        return found

    def among(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of some actions that a statement is about."""
        groups = _by_service(actions)
        if self._anywhere:
            return tuple(action for action in actions if self.about(action))
        asked = (action for service in self._services & groups.keys() for action in groups[service])
        return tuple(sorted(filter(self.about, asked), key=actions.index))

    def _add(self, scope: Scope) -> None:
        if scope.actions.is_complement:
            self._anywhere.append(scope)
            return
        for pattern in scope.actions.patterns:
            service, mark, _ = pattern.prefix.partition(":")
            if pattern.is_literal:
                self._named[pattern.prefix].append(scope)
            elif mark:
                self._patterns[service].append((pattern, scope))
            else:
                self._anywhere.append(scope)

    def _find(self, name: str) -> Iterable[Scope]:
        patterns = self._patterns.get(name.partition(":")[0], ())
        found = [*self._named.get(name, ()), *(scope for pattern, scope in patterns if matches(pattern, name))]
        found += [scope for scope in self._anywhere if scope.actions.has(name)] if self._anywhere else ()
        unique = {id(scope): scope for scope in found}
        return sorted(unique.values(), key=self._order) if len(unique) > 1 else unique.values()

    def _order(self, scope: Scope) -> int:
        return self._places[id(scope)]


@functools.lru_cache(maxsize=1024)
def _by_service(actions: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for action in actions:
        service = action.partition(":")[0].lower()
        found[service] = (*found.get(service, ()), action)
    return found
