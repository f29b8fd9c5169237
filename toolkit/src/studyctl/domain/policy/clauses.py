"""Conditions compiled to one form that can be evaluated, negated and compared.

A condition key holds no value, one, or several. Every operator then says one of four things: some value lies in a
set, every value does, the key is there, or it is not; and whether it holds where the key is missing. Negated operators
(StringNotEquals, ...) are "every value lies in the complement" and hold for missing keys; so do ForAllValues and
IfExists. A key that is there with no values counts as missing.

Source: AWS IAM User Guide, "Condition operators" and "Set operators for multivalued context keys".
"""

from __future__ import annotations

import enum
import functools
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction

from studyctl.domain.policy.documents import Condition, Qualifier
from studyctl.domain.policy.globs import Reading, folded, glob
from studyctl.domain.policy.operators import OPERATORS, Comparison
from studyctl.domain.policy.sets import (
    FIRST,
    LAST,
    NO_TEXTS,
    Cut,
    Intervals,
    Lookup,
    Point,
    Texts,
    ValueSet,
    resolve,
    union_of_intervals,
)

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?\Z")
_READINGS = {
    Comparison.EQUALS: Reading.LITERAL,
    Comparison.EQUALS_IGNORE_CASE: Reading.LITERAL,
    Comparison.BINARY: Reading.LITERAL,
    Comparison.BOOLEAN: Reading.LITERAL,
    Comparison.LIKE: Reading.TEXT,
    Comparison.ARN: Reading.ARN,
}
_DOMAINS = {comparison: comparison.name.partition("_")[0].lower() for comparison in Comparison}
_BOUNDS: dict[str, Callable[[Cut, Cut], tuple[Cut, Cut]]] = {
    "EQUALS": lambda before, after: (before, after),
    "BELOW": lambda before, _: (FIRST, before),
    "AT_MOST": lambda _, after: (FIRST, after),
    "ABOVE": lambda _, after: (after, LAST),
    "AT_LEAST": lambda before, _: (before, LAST),
}


class Form(enum.Enum):
    """What a clause says about a key that is there."""

    SOME = "some value is in the set"
    EVERY = "every value is in the set"


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one key (in lower case).

    `is_opaque`: some of its values mean nothing (they match nothing when evaluated), so nothing is proven with it;
    `reason` says why. `words` is the condition as written.
    """

    key: str
    form: Form
    holds_when_missing: bool
    values: ValueSet
    is_qualified: bool = False
    is_opaque: bool = False
    words: str = field(default="", compare=False)
    reason: str = field(default="", compare=False)
    identity: tuple[str, ...] = ()
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Hash it once: it is part of the key of many caches, and times and addresses are slow to hash."""
        mine = (self.key, self.form.name, self.holds_when_missing, self.values, self.is_qualified, self.is_opaque)
        object.__setattr__(self, "_hash", hash((*mine, self.identity)))

    def __hash__(self) -> int:
        """Return the same for equal ones."""
        return self._hash

    def negated(self) -> Clause:
        """Return the clause that holds exactly where this one does not."""
        form = Form.EVERY if self.form is Form.SOME else Form.SOME
        return replace(
            self,
            form=form,
            holds_when_missing=not self.holds_when_missing,
            values=self.values.complement(),
        )

    def holds(self, lookup: Lookup) -> bool:
        """Whether it holds in a request."""
        values = lookup(self.key)
        if not values:
            return self.holds_when_missing
        known = resolve(self.values, lookup) if isinstance(self.values, Texts) else self.values
        members = [_is_member(known, value) for value in values]
        return any(members) if self.form is Form.SOME else all(members)


def never(key: str, like: ValueSet = NO_TEXTS) -> Clause:
    """Return a clause that no request fulfils; its empty set compares with values such as `like`."""
    nothing = NO_TEXTS if isinstance(like, Texts) else Intervals(like.domain, ())
    return Clause(key, Form.SOME, False, nothing)


def compile_condition(condition: Condition, has_variables: bool) -> Clause:
    """Return the clause that a condition means."""
    key = condition.key.text.lower()
    written = (condition.name, condition.qualifier, condition.if_exists, key, condition.texts, condition.operator.text)
    return _compile(written, has_variables)


_Written = tuple[str, Qualifier | None, bool, str, tuple[str, ...], str]


@functools.lru_cache(maxsize=16_384)
def _compile(condition: _Written, has_variables: bool) -> Clause:
    name, qualifier, if_exists, key, texts, written = condition
    operator = OPERATORS[name]
    words = f"{written} {key} {', '.join(texts)}"
    if operator.comparison is Comparison.NULL:
        return _null_clause(key, texts, words)
    values, reason = _values(operator.comparison, texts, has_variables)
    every = qualifier is Qualifier.FOR_ALL_VALUES or (qualifier is None and operator.is_negated)
    return Clause(
        key=key,
        form=Form.EVERY if every else Form.SOME,
        holds_when_missing=every or if_exists,
        values=values.complement() if operator.is_negated else values,
        is_qualified=qualifier is not None,
        is_opaque=bool(reason),
        words=words,
        reason=reason,
        identity=(name, *texts) if reason else (),
    )


def _null_clause(key: str, texts: tuple[str, ...], words: str) -> Clause:
    """Null true: no value may be there. Null false: some value is. Both listed: anything."""
    wanted = {text.lower() for text in texts}
    if not wanted <= {"true", "false"}:
        reason = f"{words}: Null is compared with true or false"
        return Clause(key, Form.SOME, False, NO_TEXTS, is_opaque=True, words=words, reason=reason, identity=texts)
    everything = NO_TEXTS.complement()
    if wanted == {"true"}:
        return Clause(key, Form.EVERY, True, NO_TEXTS, words=words)
    if wanted == {"false"}:
        return Clause(key, Form.SOME, False, everything, words=words)
    return Clause(key, Form.EVERY, True, everything, words=words) if wanted else never(key)


def _values(comparison: Comparison, texts: tuple[str, ...], has_variables: bool) -> tuple[ValueSet, str]:
    """Return the set that values describe, and why it is opaque where it is."""
    reading = _READINGS.get(comparison)
    if reading is not None:
        ignores_case = comparison in (Comparison.EQUALS_IGNORE_CASE, Comparison.BOOLEAN)
        patterns = tuple(glob(text, reading, has_variables) for text in texts)
        if ignores_case:
            return Texts(tuple(folded(pattern) for pattern in patterns), ignores_case=True), ""
        return Texts(patterns), ""
    domain = _DOMAINS[comparison]
    pairs: list[tuple[Cut, Cut]] = []
    reason = ""
    for text in texts:
        bounds = _address_range(text) if domain == "address" else _line_range(domain, comparison, text)
        if bounds is None:
            reason = reason or f'"{text}" cannot be compared as {comparison.value}'
        else:
            pairs.append(bounds)
    return union_of_intervals(domain, pairs), reason


@functools.lru_cache(maxsize=4096)
def is_comparable(comparison: Comparison, text: str) -> bool:
    """Whether a value means something to a comparison."""
    return not _values(comparison, (text,), has_variables=False)[1]


def _line_range(domain: str, comparison: Comparison, text: str) -> tuple[Cut, Cut] | None:
    point = point_of(domain, text)
    if point is None:
        return None
    return _BOUNDS[comparison.name.partition("_")[2]]((0, point, 0), (0, point, 1))


def _address_range(text: str) -> tuple[Cut, Cut] | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    version = Fraction(network.version)
    first = Fraction(int(network.network_address))
    return (0, (version, first), 0), (0, (version, first + network.num_addresses), 0)


def point_of(domain: str, text: str) -> Point | None:
    """Return the number, time or address that a text means; None where it means none."""
    if domain == "address":
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return None
        return (Fraction(address.version), Fraction(int(address)))
    if _NUMBER.match(text):
        return (Fraction(text),)
    if domain != "date":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (Fraction(str(moment.timestamp())),)


def text_of(domain: str, point: Point) -> str:
    """Return a text that means a point."""
    if domain == "address":
        version, number = int(point[0]), int(point[1])
        return str(ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number))  # noqa: PLR2004
    value = point[0]
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.20f}".rstrip("0")


def _is_member(values: ValueSet, value: str) -> bool:
    if isinstance(values, Texts):
        return values.has(value)
    point = point_of(values.domain, value)
    return values.has_strangers if point is None else values.has(point)
