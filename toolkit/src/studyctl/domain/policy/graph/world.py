"""Who is there and what is theirs: identities with the union of their policies, and what runs as whom."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from studyctl.domain.policy.action_index import ActionIndex
from studyctl.domain.policy.documents import Condition, Document
from studyctl.domain.policy.grants import Grants, grants_of
from studyctl.domain.policy.inclusion import Effort
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.request import Caller
from studyctl.domain.policy.scopes import Scope
from studyctl.domain.policy.sets import ALL_TEXTS

SOME_ACCOUNT = "111122223333"
"""Of AWS's examples; where nobody says which account it is."""
_NAMING = ("resourcetag/", "ecs:cluster")
"""Parts of the keys that tell one resource from another of its kind."""


class IdentityKind(enum.Enum):
    """What holds permissions."""

    ROLE = "role"
    USER = "user"
    GROUP = "group"
    DOCUMENT = "policy"
    """A policy of which nobody knows who holds it."""


@dataclass(frozen=True, eq=False)
class Identity:
    """A principal with everything it holds.

    `address` is its address in a plan, or the file. `policy_arns` are the managed policies it holds, `groups` the names
    of a user's groups. `unknown` says why its permissions are not fully known.
    """

    address: str
    kind: IdentityKind
    name: str
    arn: str
    policies: tuple[Document, ...]
    boundary: tuple[Document, ...] | None = None
    trust: Document | None = None
    policy_arns: tuple[str, ...] = ()
    boundary_arn: str = ""
    groups: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def grants(self) -> Grants:
        """Return what it may do: the union of its policies within its boundary."""
        return grants_of(self.policies, boundary=self.boundary)

    @cached_property
    def allowed(self) -> ActionIndex:
        """Return which of the statements that allow something are about an action."""
        return ActionIndex(statement for document in self.policies for statement in document.allows)

    @cached_property
    def _denied(self) -> ActionIndex:
        documents = (*self.policies, *(self.boundary or ()))
        return ActionIndex(statement for document in documents for statement in document.denies)

    def grants_on(self, action: str) -> Grants:
        """Return what it may do with one action: what remains of the statements when no other action counts."""
        known = self._grants_by_action.get(action)
        if known is None:
            limits = () if self._limited is None else (self._limited.about(action),)
            layers = tuple(tuple(map(_without_actions, layer)) for layer in (self.allowed.about(action), *limits))
            known = Grants(layers, tuple(map(_without_actions, self._denied.about(action))))
            self._grants_by_action[action] = known
        return known

    @cached_property
    def _limited(self) -> ActionIndex | None:
        if self.boundary is None:
            return None
        return ActionIndex(statement for document in self.boundary for statement in document.allows)

    @cached_property
    def _grants_by_action(self) -> dict[str, Grants]:
        return {}

    @cached_property
    def naming_keys(self) -> tuple[str, ...]:
        """Return the condition keys, in lower case, by whose values its policies name resources, as an ARN would."""
        found = [
            (condition.key.text.lower(), condition)
            for document in (*self.policies, *(self.boundary or ()))
            for statement in document.statements
            for condition in statement.conditions
        ]
        naming = {key for key, _ in found if any(part in key for part in _NAMING)}
        return tuple(sorted(naming - {key for key, condition in found if _names_nothing(condition)}))

    @cached_property
    def names_china(self) -> bool:
        """Whether a condition names a service as it is called in China: ec2.amazonaws.com.cn."""
        conditions = (one for document in self.policies for s in document.statements for one in s.conditions)
        return any(text.endswith(".amazonaws.com.cn") for one in conditions for text in one.texts)

    @cached_property
    def spent(self) -> Effort:
        """Return what the questions about it have taken so far; one hostile identity must not hold up the rest."""
        return Effort()

    @property
    def position(self) -> Position:
        """Return where it is defined."""
        return Position(self.address)

    @property
    def caller(self) -> Caller:
        """Return who it is in a request; a plan that does not tell the account has no ARN of it either."""
        if self.arn.startswith("arn:"):
            return Caller.of(self.arn)
        sort = "user" if self.kind is IdentityKind.USER else "role"
        return Caller.of(f"arn:aws:iam::{SOME_ACCOUNT}:{sort}/{self.name.rpartition('/')[2] or 'somebody'}")

    def __str__(self) -> str:
        """Name it."""
        return self.name or self.address


def _names_nothing(condition: Condition) -> bool:
    """Whether a condition asks for a tag of whatever value."""
    return condition.name == "Null" or any(text.strip("*?") == "" for text in condition.texts)


def _without_actions(scope: Scope) -> Scope:
    return Scope(scope.statement, scope.principals, ALL_TEXTS, scope.resources, scope.clauses)


@dataclass(frozen=True, slots=True)
class Compute:
    """Something that runs code as a role: a task definition, a function, an instance. `arn` may be empty."""

    address: str
    resource_type: str
    arn: str
    roles: tuple[str, ...]
    """Addresses of the identities."""


@dataclass(frozen=True)
class World:
    """Everything that is known at once. Beside a bare policy nothing is."""

    identities: tuple[Identity, ...] = ()
    computes: tuple[Compute, ...] = ()
    account_id: str = ""
    partition: str = "aws"

    @property
    def is_empty(self) -> bool:
        """Whether nobody is known, and nothing that runs as somebody."""
        return not self.identities and not self.computes

    @cached_property
    def by_arn(self) -> Mapping[str, Identity]:
        """Return the identities by ARN."""
        return {identity.arn: identity for identity in self.identities if identity.arn}

    @cached_property
    def by_address(self) -> Mapping[str, Identity]:
        """Return the identities by address."""
        return {identity.address: identity for identity in self.identities}

    @cached_property
    def holders(self) -> Mapping[str, tuple[Identity, ...]]:
        """Return who holds each managed policy."""
        found: dict[str, tuple[Identity, ...]] = {}
        for identity in self.identities:
            for arn in identity.policy_arns:
                found[arn] = (*found.get(arn, ()), identity)
        return found

    @cached_property
    def trusting(self) -> Mapping[str, tuple[Identity, ...]]:
        """Return the roles that name a principal in their trust, by what they name."""
        found: dict[str, dict[Identity, None]] = {}
        for role in self.of_kind(IdentityKind.ROLE):
            for statement in role.trust.allows if role.trust else ():
                for principal in statement.principals or ():
                    found.setdefault(principal.text, {})[role] = None
        return {name: tuple(roles) for name, roles in found.items()}

    def of_kind(self, kind: IdentityKind) -> tuple[Identity, ...]:
        """Return the identities of one kind."""
        return tuple(identity for identity in self.identities if identity.kind is kind)


@dataclass(frozen=True)
class IdentitySubject:
    """What identity rules judge: one identity, and the world it is in."""

    identity: Identity
    world: World

    @property
    def where(self) -> str:
        """Return its address."""
        return self.identity.address
