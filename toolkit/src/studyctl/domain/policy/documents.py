"""Policies as frozen values: what a document says, statement by statement, and where it says it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from studyctl.domain.policy.json_text import Path, Source
from studyctl.domain.policy.problems import Position

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"
"""What a document without a Version has; it knows no policy variables."""


class Effect(enum.Enum):
    """What a statement does with the requests it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class PolicyKind(enum.Enum):
    """Where a document is attached, which decides what elements it needs."""

    IDENTITY = "identity policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    RESOURCE = "resource policy"
    TRUST = "trust policy"
    ENDPOINT = "VPC endpoint policy"


class PrincipalKind(enum.Enum):
    """The key under Principal; ANYONE is `"Principal": "*"`."""

    ANYONE = "*"
    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


class Qualifier(enum.Enum):
    """How a condition treats keys with several values."""

    FOR_ALL_VALUES = "ForAllValues"
    FOR_ANY_VALUE = "ForAnyValue"


class Item(NamedTuple):
    """One string of a policy. Two are equal when their texts are, wherever they stand.

    Where it stands is found when somebody asks, by its path in the source, or is known from the beginning. A policy
    has a dozen of them, so they are tuples, as statements are: made three times as fast as other frozen values.
    """

    text: str
    origin: Source | Position
    path: Path = ()

    def __eq__(self, other: object) -> bool:
        """Whether the texts are equal."""
        return isinstance(other, Item) and self.text == other.text

    def __ne__(self, other: object) -> bool:
        """Whether the texts differ."""
        return not self == other

    def __hash__(self) -> int:
        """Return the same for equal ones."""
        return hash(self.text)

    def __repr__(self) -> str:
        """Show the text."""
        return f"Item(text={self.text!r})"

    @property
    def position(self) -> Position:
        """Return where it stands."""
        return self.origin if isinstance(self.origin, Position) else self.origin.position_at(self.path)

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True, slots=True)
class Principal:
    """One entry of Principal or NotPrincipal, e.g. (AWS, "arn:aws:iam::111122223333:root")."""

    kind: PrincipalKind
    item: Item

    @property
    def text(self) -> str:
        """Return what stands in the policy."""
        return self.item.text

    @property
    def is_anyone(self) -> bool:
        """Whether it is everybody, signed in or not."""
        return self.kind is PrincipalKind.ANYONE or (self.kind is PrincipalKind.AWS and self.item.text == "*")


class Condition(NamedTuple):
    """One operator on one key; all conditions of a statement must hold, one value of each is enough.

    `name` is the operator without qualifier and IfExists, as AWS spells it: "StringEquals". Values are texts:
    numbers and booleans as JSON writes them.
    """

    name: str
    qualifier: Qualifier | None
    if_exists: bool
    key: Item
    values: tuple[Item, ...]
    operator: Item

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the values without their places."""
        return tuple(value.text for value in self.values)


class Statement(NamedTuple):
    """One statement. `actions` are those of Action, or of NotAction when `is_not_action`; so with resources.

    `principals` and `resources` are None where the element is missing, as Resource is in a trust policy and
    Principal in an identity policy. An empty tuple is an element that lists nothing. Two are equal when they say the
    same, wherever they stand.
    """

    index: int  # type: ignore[assignment]
    effect: Effect
    actions: tuple[Item, ...]
    resources: tuple[Item, ...] | None
    principals: tuple[Principal, ...] | None
    conditions: tuple[Condition, ...]
    sid: str
    is_not_action: bool
    is_not_resource: bool
    is_not_principal: bool
    has_variables: bool
    origin: Source
    path: Path

    def __eq__(self, other: object) -> bool:
        """Whether both say the same."""
        return isinstance(other, Statement) and self[:_SAYING] == other[:_SAYING]

    def __ne__(self, other: object) -> bool:
        """Whether they say something else."""
        return not self == other

    def __hash__(self) -> int:
        """Return the same for equal ones."""
        return hash(self[:_SAYING])

    def __repr__(self) -> str:
        """Show what it says."""
        said = zip(self._fields[:_SAYING], self[:_SAYING], strict=True)
        return f"Statement({', '.join(f'{name}={value!r}' for name, value in said)})"

    @property
    def position(self) -> Position:
        """Return where it begins."""
        return self.origin.position_at(self.path)

    @property
    def is_allow(self) -> bool:
        """Whether it allows."""
        return self.effect is Effect.ALLOW

    @property
    def label(self) -> str:
        """Say which one it is: its Sid, or its number counted from 1."""
        return self.sid or f"statement {self.index + 1}"

    def __str__(self) -> str:
        """Say which one it is and where."""
        return f"{self.label} ({self.position})"


_SAYING = Statement._fields.index("origin")


@dataclass(frozen=True)
class Document:
    """One policy. `text` is what it was read from, or what that would be as JSON."""

    source: str
    statements: tuple[Statement, ...]
    version: str
    has_version: bool
    id: str
    text: str = field(repr=False)

    @cached_property
    def size_characters(self) -> int:
        """Return what counts against AWS's limits: the characters that are not white space."""
        return sum(map(len, self.text.split()))

    @cached_property
    def allows(self) -> tuple[Statement, ...]:
        """Return the statements with Effect Allow."""
        return tuple(statement for statement in self.statements if statement.is_allow)

    @cached_property
    def denies(self) -> tuple[Statement, ...]:
        """Return the statements with Effect Deny."""
        return tuple(statement for statement in self.statements if not statement.is_allow)
