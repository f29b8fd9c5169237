"""Questions to the action catalogue. It is read once, and of each service only when somebody asks about it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from studyctl.domain.policy.catalogue.global_keys import GLOBAL_KEYS, provider_key
from studyctl.domain.policy.catalogue.model import (
    AccessLevel,
    Action,
    ConditionKey,
    KeyType,
    ResourceType,
    ResourceUse,
    Retired,
    Service,
)
from studyctl.domain.policy.catalogue.retired_services import RETIRED_SERVICES
from studyctl.domain.policy.catalogue.store import PackedCatalogue

FILE = "actions.catalogue"
LEAST_LIKENESS = 75
"""Of a hundred: less alike, and it is rather another name than a mistyped one."""
_LEVELS = {level.value[0]: level for level in AccessLevel}
_KEY_PART = re.compile(r"\$\{[^}]*\}|<[^>]*>|(?<=resourcetag/)(?:tag-key)?\Z", re.IGNORECASE)
"""What stands for any text in a key: ${TagKey}, <key>, tag-key, or nothing; every service has its own way."""


@functools.cache
def catalogue() -> Catalogue:
    """Return the catalogue that the package ships."""
    import pkgutil  # noqa: PLC0415 - importlib.resources would be a third of the package's import time

    content = pkgutil.get_data(__package__, FILE)
    if content is None:
        raise FileNotFoundError(f"{FILE} is missing: {__package__} was installed without its data")
    return Catalogue(PackedCatalogue(content))


class Catalogue:
    """Every service, action, resource type and condition key, and what used to be one."""

    def __init__(self, packed: PackedCatalogue) -> None:
        self._packed = packed
        self._services: dict[str, Service | None] = {}
        self._titles: Mapping[str, str] = packed.header["titles"]
        self._actions_by_text: dict[str, Action] = {}
        self._expansions: dict[str, tuple[str, ...]] = {}
        self._split: dict[str, Mapping[str, str]] = {}

    @property
    def dates(self) -> Mapping[str, str]:
        """Return the date (ISO) of each source that the catalogue was compiled from."""
        sources: Mapping[str, str] = self._packed.header["sources"]
        return sources

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Return every service prefix, in order."""
        return tuple(self._titles)

    @property
    def services_read(self) -> frozenset[str]:
        """Return the prefixes of the services that somebody has asked about so far; all of them take half a second."""
        return frozenset(prefix for prefix, service in self._services.items() if service is not None)

    def service(self, prefix: str) -> Service | None:
        """Return a service by its prefix, in any case; None where it is unknown."""
        prefix = prefix.lower()
        if prefix not in self._services:
            content = self._packed.section(prefix) if prefix else None
            self._services[prefix] = None if content is None else _service(prefix, self._titles[prefix], content)
        return self._services[prefix]

    def action(self, text: str) -> Action | None:
        """Return an action by "service:Name", in any case and without wildcards; None where it is unknown."""
        known = self._actions_by_text.get(text)
        if known is None:
            prefix, _, name = text.partition(":")
            service = self.service(prefix)
            known = service.actions.get(name.lower()) if service else None
            if known is not None:
                self._actions_by_text[text] = known
        return known

    def retired(self, text: str) -> Retired | None:
        """Return when an action that is gone was last known, of a pattern the newest; None where it never was."""
        prefix, _, name = text.lower().partition(":")
        seen = self._retired.get(prefix, {})
        if name in seen:
            return Retired(*seen[name])
        if not _has_wildcard(name):
            return None
        matches = _name_test(name)
        matching = [Retired(*entry) for known, entry in seen.items() if matches(known)]
        return max(matching, key=lambda retired: retired.last_seen, default=None)

    def retired_service(self, prefix: str) -> str | None:
        """Return the date or year (ISO) in which a service that is gone was last known; None where it is not gone."""
        prefix = prefix.lower()
        if prefix in self._titles:
            return None
        last = max((date for _, date in self._retired.get(prefix, {}).values()), default=None)
        return RETIRED_SERVICES.get(prefix, last)

    def is_undocumented(self, text: str) -> bool:
        """Whether AWS uses an action, or one that a pattern matches, in its own policies but does not document it."""
        prefix, _, name = text.lower().partition(":")
        matches = _name_test(name) if _has_wildcard(name) else name.__eq__
        return any(matches(known) for known in self._undocumented.get(prefix, ()))

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Return the actions ("service:Name", in order) that a pattern such as "s3:Get*" or "*" matches today."""
        folded = pattern.lower()
        if folded not in self._expansions:
            self._expansions[folded] = tuple(self._expand(folded))
        return self._expansions[folded]

    def is_known(self, text: str) -> bool:
        """Whether an action exists today, or a pattern matches one that does."""
        return bool(self.expand(text)) if _has_wildcard(text) else self.action(text) is not None

    def suggest(self, text: str) -> str | None:
        """Return the action, or the service prefix, that a mistyped one is closest to; None where nothing is close."""
        prefix, mark, name = text.partition(":")
        service = self.service(prefix)
        if service is None:
            close = _closest(prefix.lower(), self._titles)
            other = self.service(close) if close else None
            known = other.actions.get(name.lower()) if other else None
            if other is None:
                return None
            return known.text if known else other.prefix + (mark and ":" + name)
        close = _closest(name.lower(), service.actions)
        return service.actions[close].text if close else None

    def condition_key(self, name: str, service: str = "") -> ConditionKey | None:
        """Return a global key ("aws:SourceArn"), or one of a service, in any case; `${...}` in keys is matched.

        Without a service, those that own the key's prefix are asked: sts for "saml:aud".
        """
        folded = name.lower()
        known = _find_key(GLOBAL_KEYS, folded)
        for prefix in (service,) if service else self._owners(folded.rpartition(":")[0]):
            owner = self.service(prefix)
            if known is None and owner:
                known = _find_key(owner.condition_keys, folded)
        claim = provider_key(name) if service in ("", "sts") else None
        return claim if known is None or (claim and claim.is_multivalued) else known

    def resource_types(self, action: Action) -> tuple[ResourceType, ...]:
        """Return the types of resources that an action works on."""
        service = self.service(action.service)
        types = service.resource_types if service else {}
        return tuple(types[use.resource_type] for use in action.resources if use.resource_type in types)

    def _owners(self, prefix: str) -> tuple[str, ...]:
        owners: Mapping[str, list[str]] = self._packed.header["key_owners"]
        others = (
            service for name, services in owners.items() if _key_pattern(name).fullmatch(prefix) for service in services
        )
        return (prefix, prefix.partition(":")[0], *others)

    def _expand(self, pattern: str) -> list[str]:
        if pattern == "*":
            pattern = "*:*"
        prefix, _, name = pattern.partition(":")
        if not _has_wildcard(prefix):
            prefixes = [prefix] if prefix in self._names else []
        else:
            prefixes = [candidate for candidate in self._names if _glob(prefix).fullmatch(candidate)]
        if not _has_wildcard(name):
            return [f"{service}:{known[name]}" for service in prefixes if name in (known := self._actions(service))]
        matches = _name_test(name)
        found = ((service, self._actions(service)) for service in prefixes)
        return [f"{service}:{action}" for service, actions in found for key, action in actions.items() if matches(key)]

    def _actions(self, prefix: str) -> Mapping[str, str]:
        """Return a service's actions by lower-case name, without reading more about them."""
        if prefix not in self._split:
            self._split[prefix] = {name.lower(): name for name in self._names[prefix].split(" ")}
        return self._split[prefix]

    @functools.cached_property
    def _names(self) -> Mapping[str, str]:
        names: Mapping[str, str] = self._packed.section("")["actions"]
        return names

    @functools.cached_property
    def _undocumented(self) -> Mapping[str, list[str]]:
        by_service: dict[str, list[str]] = {}
        for text in self._packed.section("")["undocumented"].lower().split():
            prefix, _, name = text.partition(":")
            by_service.setdefault(prefix, []).append(name)
        return by_service

    @functools.cached_property
    def _retired(self) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        retired: dict[str, dict[str, tuple[str, str]]] = {}
        for date, names in self._packed.section("")["retired"].items():
            for text in names.split(" "):
                prefix, _, name = text.lower().partition(":")
                retired.setdefault(prefix, {})[name] = (text, date)
        return retired


def _closest(name: str, known: Iterable[str]) -> str | None:
    """Return the name that a mistyped one is most like; None where none is like it."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only where something is mistyped

    found = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=LEAST_LIKENESS)
    return found[0] if found else None


def _name_test(pattern: str) -> Callable[[str], object]:
    """Return what tells whether a lower-case name matches; most patterns only say how it begins."""
    start = pattern[:-1]
    if pattern.endswith("*") and not _has_wildcard(start):
        return lambda name: name.startswith(start)
    return _glob(pattern).fullmatch


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


@functools.lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    """Names are short and a run of stars is one star, so this cannot run away."""
    squeezed = re.sub(r"\*+", "*", pattern)
    parts = (".*" if mark == "*" else "." if mark == "?" else re.escape(mark) for mark in squeezed)
    return re.compile("".join(parts), re.IGNORECASE)


@functools.lru_cache(maxsize=4096)
def _has_part(name: str) -> bool:
    return _KEY_PART.search(name) is not None


@functools.lru_cache(maxsize=4096)
def _key_pattern(name: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(re.escape(part) for part in _KEY_PART.split(name)), re.IGNORECASE)


def _find_key(keys: Mapping[str, ConditionKey], folded: str) -> ConditionKey | None:
    if folded in keys:
        return keys[folded]
    for name, key in keys.items():
        if is_meant(name, folded):
            return key
    return None


def is_meant(name: str, folded: str) -> bool:
    """Whether a key as AWS writes it is meant by a text in lower case; most keys have no part for any text."""
    return _has_part(name) and _key_pattern(name).fullmatch(folded) is not None


class _Actions(Mapping[str, Action]):
    """The actions of a service by lower-case name, each made when somebody asks for it: most services have hundreds."""

    __slots__ = ("_made", "_prefix", "_written")

    def __init__(self, prefix: str, content: Mapping[str, list[Any]]) -> None:
        self._prefix = prefix
        self._written = {name.lower(): (name, fields) for name, fields in content.items()}
        self._made: dict[str, Action] = {}

    def __getitem__(self, name: str) -> Action:
        known = self._made.get(name)
        if known is None:
            known = self._made[name] = _action(self._prefix, *self._written[name])
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


def _service(prefix: str, title: str, content: Mapping[str, Any]) -> Service:
    actions = _Actions(prefix, content["actions"])
    types = {name: ResourceType(name, tuple(arns), tuple(keys)) for name, (arns, keys) in content["resources"].items()}
    return Service(prefix, title, actions, types, _keys(content["keys"]))


def _action(prefix: str, name: str, fields: list[Any]) -> Action:
    levels, uses, keys, dependent = fields
    resources = tuple(
        ResourceUse(type_, bool(required), tuple(its_keys), tuple(its_dependent))
        for type_, required, its_keys, its_dependent in uses
    )
    return Action(prefix, name, _levels(levels), resources, tuple(keys), tuple(dependent))


@functools.cache
def _levels(marks: str) -> frozenset[AccessLevel]:
    return frozenset(_LEVELS[mark] for mark in marks)


def _keys(content: Mapping[str, str]) -> dict[str, ConditionKey]:
    return {
        name.lower(): ConditionKey(name, KeyType(type_.removeprefix("ArrayOf")), type_.startswith("ArrayOf"))
        for name, type_ in content.items()
    }
