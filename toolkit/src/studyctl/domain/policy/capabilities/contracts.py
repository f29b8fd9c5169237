"""Contracts read from plain values, with every flaw told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from studyctl.domain.policy.capabilities.model import Contract, Need, Phrase, ResourceKind, ResourceName
from studyctl.domain.policy.capabilities.phrases import BASES, PHRASES

Path = tuple[str | int, ...]
Kinds = Mapping[str, ResourceKind]
_PARTS = frozenset({"what", "roles", "needs", "when"})
_KIND_PARTS = frozenset({"is", "address", "key"})


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong in a file, at the path of the value that is wrong."""

    path: Path
    message: str


class BadContract(ValueError):
    """A contract, or the table of resources, that cannot be used."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(flaw.message for flaw in flaws))
        self.flaws = tuple(flaws)


def kinds_of(value: Any) -> Kinds:
    """Return the kinds of resources by name.

    Raises:
        BadContract: with every flaw.
    """
    rows = value.get("resources") if isinstance(value, dict) and set(value) == {"resources"} else None
    if not isinstance(rows, dict):
        raise BadContract([Flaw((), "the file is a mapping called resources, and nothing else")])
    flaws: list[Flaw] = []
    kinds = {name: kind for name, row in rows.items() if (kind := _kind(name, row, flaws)) is not None}
    for kind in kinds.values():
        owner = kind.key and _split(kind.key, kinds)
        if kind.key and not owner:
            flaws.append(Flaw(("resources", kind.name), f"{kind.key!r} is not in this table, so it cannot be the key"))
    if flaws:
        raise BadContract(flaws)
    return kinds


def contract_of(value: Any, name: str, kinds: Kinds, source: str = "") -> Contract:
    """Return the contract that a file holds.

    Raises:
        BadContract: with every flaw.
    """
    if not isinstance(value, dict):
        raise BadContract([Flaw((), "a contract is a mapping of what, roles and needs")])
    reader = _Reader(kinds)
    for part in sorted(set(value) - _PARTS):
        reader.add((part,), f"a contract has no {part!r}; it has {', '.join(sorted(_PARTS))}")
    what, when = value.get("what"), value.get("when", "")
    if not isinstance(what, str) or not what:
        reader.add(("what",), "say in a sentence what it is that needs this: what: ...")
    if not isinstance(when, str):
        reader.add(("when",), "when is a setting of the environment, such as cluster.has_exec")
    roles = _texts(value.get("roles"))
    if not roles:
        reader.add(("roles",), "roles is a list of addresses of roles in a plan; see them with: studyctl iam prove ENV")
    needs = tuple(reader.needs(value.get("needs")))
    contract = Contract(name, str(what), roles, needs, str(when), source)
    reader.check_fields(contract)
    if reader.flaws:
        raise BadContract(reader.flaws)
    return contract


@dataclass
class _Reader:
    kinds: Kinds
    flaws: list[Flaw] = field(default_factory=list)

    def add(self, path: Path, message: str) -> None:
        self.flaws.append(Flaw(path, message))

    def needs(self, value: Any) -> Iterator[Need]:
        """Yield the needs of a list; a phrase about several resources is a need for each."""
        if not isinstance(value, list) or not value:
            self.add(("needs",), "needs is a list of what the role does; the phrases are in docs/iam.md")
            return
        for number, row in enumerate(value):
            path: Path = ("needs", number)
            words = {row: None} if isinstance(row, str) else row
            if not isinstance(words, dict) or not words:
                self.add(path, "a need is a phrase, or a phrase with what it is about: - consumes: queue NAME")
                continue
            yield from self._need(path, words)

    def _need(self, path: Path, words: Mapping[str, Any]) -> Iterator[Need]:
        known = [word for word in words if word in PHRASES]
        if len(known) != 1:
            first = known[1] if known else next(iter(words))
            self.add(path, f"{first!r} is a second phrase: begin a new line for it" if known else _unknown(first))
            return
        phrase, about = PHRASES[known[0]], words[known[0]]
        beside = self._beside(path, phrase, {word: one for word, one in words.items() if word != phrase.words})
        if not phrase.base:
            yield from self._without_resource(path, phrase, about, beside)
            return
        listed = about if isinstance(about, list) else [about]
        for one in listed or [None]:
            resource = self._resource((*path, phrase.words), one, phrase.base)
            if resource is not None:
                yield Need(phrase, resource, beside)

    def _without_resource(
        self, path: Path, phrase: Phrase, about: Any, beside: Mapping[str, ResourceName | str]
    ) -> Iterator[Need]:
        if phrase.is_managed:
            if isinstance(about, str) and about:
                yield Need(phrase, policy=about)
            else:
                self.add(path, f"{phrase.words!r} needs the name of a policy of AWS: service-role/NAME")
        elif about is not None:
            self.add(path, f"{phrase.words!r} is about nothing in particular: remove {about!r}")
        else:
            yield Need(phrase, None, beside)

    def _beside(self, path: Path, phrase: Phrase, words: Mapping[str, Any]) -> dict[str, ResourceName | str]:
        found: dict[str, ResourceName | str] = {}
        for word in sorted(set(words) - set(phrase.beside)):
            allowed = f"beside it may stand {', '.join(phrase.beside)}" if phrase.beside else "nothing stands beside it"
            self.add((*path, word), f"{phrase.words!r} knows no {word!r}; {allowed}")
        for word, base in phrase.beside.items():
            value = words.get(word)
            if value is None and word in phrase.optional:
                found[word] = ""
            elif base:
                resource = self._resource((*path, word), value, base)
                if resource is not None:
                    found[word] = resource
            elif isinstance(value, str) and value:
                found[word] = value
            else:
                self.add(path, f"{phrase.words!r} needs {word!r} beside it, a text")
        return found

    def _resource(self, path: Path, text: Any, base: str) -> ResourceName | None:
        if not isinstance(text, str) or not text:
            self.add(path, f"it needs a {base}: {self._examples(base)}")
            return None
        found = _split(text, self.kinds)
        if found is None:
            close = get_close_matches(text.partition(" ")[0], self.kinds, 1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            self.add(path, f"{text!r} begins with no kind of iam-policies/resources.yaml{meant}")
            return None
        if found.kind.base != base:
            self.add(path, f"{text!r} is a {found.kind.base}, but this needs a {base}: {self._examples(base)}")
            return None
        if found.kind.takes_name and not found.name:
            self.add(path, f"there are several: write {text!r} and the name of one")
            return None
        if found.name and not found.kind.takes_name:
            self.add(path, f"there is only one {found.kind.name!r}: leave out {found.name!r}")
            return None
        return found

    def _examples(self, base: str) -> str:
        kinds = [kind for kind in self.kinds.values() if kind.base == base]
        return " or ".join(f"{kind.name}{' NAME' if kind.takes_name else ''}" for kind in kinds) or "none is known"

    def check_fields(self, contract: Contract) -> None:
        """Every field that a resource names is a field of each address."""
        known = set(contract.fields)
        for need in contract.needs:
            for one in (need.resource, *need.beside.values()):
                name = one.name if isinstance(one, ResourceName) else ""
                if name.startswith("{") and name.strip("{}") not in known:
                    self.add(("needs",), f"no address of roles has the field {name}: {need}")


def _kind(name: str, row: Any, flaws: list[Flaw]) -> ResourceKind | None:
    path: Path = ("resources", name)
    address = row.get("address") if isinstance(row, dict) else None
    addresses = (address,) if isinstance(address, str) and address else _texts(address)
    if not isinstance(row, dict) or set(row) - _KIND_PARTS or not addresses:
        flaws.append(Flaw(path, "a kind has an address, or a list of them, and may have is and key"))
        return None
    base = str(row.get("is", name))
    if base not in BASES:
        close = get_close_matches(base, BASES, 1)
        meant = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(BASES))}"
        flaws.append(Flaw(path, f"no phrase is about a {base!r}; {meant} Say it with is: ..."))
        return None
    return ResourceKind(name, base, addresses, str(row.get("key") or ""))


def _split(text: str, kinds: Kinds) -> ResourceName | None:
    """Return the resource that a text names: the longest kind that it begins with, and the rest."""
    begun = [kind for kind in kinds if text == kind or text.startswith(f"{kind} ")]
    best = max(begun, key=len, default=None)
    return None if best is None else ResourceName(kinds[best], text[len(best) :].strip())


def key_of(resource: ResourceName, kinds: Kinds) -> ResourceName | None:
    """Return the key that a resource is encrypted with, None where it has none of its own."""
    return _split(resource.kind.key, kinds) if resource.kind.key else None


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        return ()
    return tuple(value)


def _unknown(word: str) -> str:
    close = get_close_matches(word, PHRASES, 1)
    return f"{word!r} is no phrase; " + (f"did you mean {close[0]!r}?" if close else "they are listed in docs/iam.md")
