"""Whether an identity can walk one of the known paths, and what it would win: judged on whom it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.graph.reach import Answer, Conditions, Target, can
from studyctl.domain.policy.graph.world import Identity, IdentityKind, IdentitySubject, World
from studyctl.domain.policy.request import Caller, Request
from studyctl.domain.policy.rules.escalation.paths import Gain, Path
from studyctl.domain.policy.rules.escalation.power import (
    AMAZONS_OF,
    SELF,
    More,
    more_than,
    stranger,
    untagged,
    without_boundary,
)
from studyctl.domain.policy.scopes import scopes_of

ADMIN_POLICIES = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


@dataclass(frozen=True, slots=True)
class Takeover:
    """A path that an identity can walk, in words, with the request that begins it."""

    path: Path
    whom: str
    answer: Answer
    is_certain: bool

    @property
    def words(self) -> str:
        """Say the path, and whom it leads to."""
        path = self.path
        return f"{' + '.join(path.actions)} ({path.id}): {path.gain.value}, {self.whom}"

    @property
    def witness(self) -> str:
        """Say the request that begins it, or why nobody can tell."""
        return str(self.answer)


def takeovers(subject: IdentitySubject, path: Path) -> Iterator[Takeover]:
    """Yield the ways in which a path leads to more than the identity has; the first certain one is enough."""
    has_rest = True
    for actions in path.also:
        answer = _can_one_of(subject.identity, actions)
        if answer.is_no:
            return
        has_rest = has_rest and answer.is_yes
    walk = _Walk(subject, path, has_rest=has_rest)
    doubts: list[Takeover] = []
    for found in walk.steps():
        if found.is_certain:
            yield found
            return
        doubts.append(found)
    yield from doubts[:1]


def _can_one_of(identity: Identity, actions: tuple[str, ...]) -> Answer:
    """Return whether an identity can use one of some actions on anything: the most certain answer of them."""
    answers: list[Answer] = []
    for action in actions:
        answers.append(can(identity, Target((action,))))
        if answers[-1].is_yes:
            break
    return next((one for one in reversed(answers) if not one.is_no), answers[-1])


class _Walk:
    """One identity on one path."""

    def __init__(self, subject: IdentitySubject, path: Path, *, has_rest: bool) -> None:
        self._own = subject.identity
        self._world: World = subject.world
        self._path = path
        self._has_rest = has_rest

    def steps(self) -> Iterator[Takeover]:
        gain = self._path.gain
        if gain is Gain.LIFTS_BOUNDARY:
            yield from self._lifts()
            return
        own = (self._own.arn,) if gain in (Gain.BECOMES_USER, Gain.BECOMES_ROLE) and self._own.arn else ()
        without = (*own, *SELF) if gain is Gain.BECOMES_USER else own
        others = self._anybody_else() if self._world.is_empty and not without else None
        if others is not None and others.is_certain:
            yield others  # nobody else could be named
            return
        first = self._ask(("*",), without)
        if first.is_no:
            return
        yield from self._reached(first, without)
        others = self._anybody_else()
        if others is not None:
            yield others

    def _anybody_else(self) -> Takeover | None:
        answer = self._ask_about_anybody()
        return None if answer.is_no else self._takeover("anybody else", answer)

    def _reached(self, first: Answer, without: tuple[str, ...]) -> Iterator[Takeover]:
        """Yield what those whom the world knows are worth; where it knows none of them, nobody can tell."""
        is_anybody_known = False
        for name, resource, more in self._targets():
            answer = self._ask((resource,)) if resource else first
            if answer.is_no:
                continue
            is_anybody_known = True
            if more is not None:
                yield self._takeover(f"{name}, who has more: {more.words}", answer, is_certain=more.is_certain)
        if is_anybody_known:
            return
        closed = self._closed()
        left = self._ask(("*",), (*without, *closed)) if closed else first
        if not left.is_no:
            yield self._takeover("somebody of whom nothing is known", left, is_certain=False)

    def _closed(self) -> tuple[str, ...]:
        """Return the ARNs of those whom the path would lead to, but whose trust lets nobody in by it."""
        kind = _BECOME.get(self._path.gain)
        return tuple(one.arn for one in self._world.of_kind(kind) if one.arn and not self._lets_in(one)) if kind else ()

    def _targets(self) -> Iterator[tuple[str, str, More | None]]:
        """Yield everybody that the path may lead to: name, ARN, and what they have that the identity has not."""
        gain = self._path.gain
        if gain in _WRITTEN:
            for other in self._world.of_kind(_WRITTEN[gain]):
                yield str(other), other.arn, self._written((other,))
        elif gain in _BECOME:
            for other in self._world.of_kind(_BECOME[gain]):
                if other is not self._own and self._lets_in(other):
                    yield str(other), other.arn, more_than(other, self._own)
        elif gain is Gain.WRITES_POLICY:
            for arn, holders in self._world.holders.items():
                yield arn, arn, self._written(holders)
        else:
            yield from self._computes()

    def _lets_in(self, other: Identity) -> bool:
        """Whether the trust of whom the path leads to allows it."""
        if self._path.service:
            return any(trusts_service(other, name) for name in self._services())
        return self._path.first != "sts:AssumeRole" or trusts(other, self._own)

    def _written(self, holders: tuple[Identity, ...]) -> More | None:
        """Return what is won by giving rights to some: everything, if one of them is or can become the identity."""
        own_groups = set(self._own.groups)
        for holder in holders:
            is_own_group = holder.kind is IdentityKind.GROUP and holder.name in own_groups
            if holder is self._own or is_own_group or self._becomes(holder):
                return _ALL
        return None

    def _becomes(self, other: Identity) -> bool:
        if other.kind is IdentityKind.USER:
            keys = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
            return not can(self._own, Target(keys, (other.arn,))).is_no
        if other.kind is not IdentityKind.ROLE:
            return False
        if not can(self._own, Target(("iam:UpdateAssumeRolePolicy",), (other.arn,))).is_no:
            return True
        if not trusts(other, self._own):
            return False
        return names(other, self._own) or not can(self._own, Target(("sts:AssumeRole",), (other.arn,))).is_no

    def _computes(self) -> Iterator[tuple[str, str, More | None]]:
        for compute in self._world.computes:
            if compute.resource_type not in self._path.resource_types:
                continue
            for address in compute.roles:
                role = self._world.by_address.get(address)
                if role is not None and role is not self._own:
                    yield f"{compute.address}, which runs as {role}", compute.arn, more_than(role, self._own)

    def _lifts(self) -> Iterator[Takeover]:
        others = self._ask_about_anybody()
        if not others.is_no:
            yield self._takeover("anybody's boundary", others)
        elif self._own.boundary is not None and self._own.arn:
            answer = self._ask((self._own.arn,))
            more = more_than(self._own, self._own, within=without_boundary(self._own))
            if more is not None and not answer.is_no:
                yield self._takeover(f"its own boundary, which denies it {more.words}", answer)

    def _ask_about_anybody(self) -> Answer:
        return self._ask(stranger(self._path.first), given=untagged(self._own, self._path.first))

    def _ask(self, resources: tuple[str, ...], without: tuple[str, ...] = (), given: Conditions = ()) -> Answer:
        """Ask for the first action; of several ways to have it the most certain one counts."""
        answers: list[Answer] = []
        amazons = AMAZONS_OF.get(self._path.first.partition(":")[0], ())
        for conditions in self._conditions():
            answer = can(self._own, Target((self._path.first,), resources, (*without, *amazons), (*given, *conditions)))
            if answer.is_yes:
                return answer
            answers.append(answer)
        return next((one for one in answers if not one.is_no), answers[0])

    def _conditions(self) -> Iterator[Conditions]:
        """Yield what must be allowed in the request: no boundary on whom it is about, a policy worth attaching."""
        base: Conditions = ()
        action = catalogue().action(self._path.first)
        writes = (Gain.WRITES_USER, Gain.WRITES_ROLE)
        if self._path.gain in writes and action and "iam:PermissionsBoundary" in action.all_condition_keys:
            base = (("Null", "iam:PermissionsBoundary", "true"),)
        if self._path.service:
            yield from ((("StringEqualsIfExists", "iam:PassedToService", name),) for name in self._services())
            return
        if not self._path.grants_admin:
            yield base
            return
        for policy in ADMIN_POLICIES:
            arn = f"arn:{self._world.partition}:iam::aws:policy/{policy}"
            yield (*base, ("ArnEquals", "iam:PolicyARN", arn))

    def _services(self) -> tuple[str, ...]:
        """Return the names of the service that a role is passed to."""
        name = self._path.service
        return (name, f"{name}.cn") if self._own.names_china else (name,)

    def _takeover(self, whom: str, answer: Answer, *, is_certain: bool = True) -> Takeover:
        return Takeover(self._path, whom, answer, is_certain and answer.is_yes and self._has_rest)


_WRITTEN = {
    Gain.WRITES_USER: IdentityKind.USER,
    Gain.WRITES_GROUP: IdentityKind.GROUP,
    Gain.WRITES_ROLE: IdentityKind.ROLE,
}
_BECOME = {
    Gain.JOINS_GROUP: IdentityKind.GROUP,
    Gain.BECOMES_USER: IdentityKind.USER,
    Gain.BECOMES_ROLE: IdentityKind.ROLE,
    Gain.PASSES_ROLE: IdentityKind.ROLE,
}
_ALL = More("whatever it writes", is_certain=True)


def trusts(role: Identity, other: Identity) -> bool:
    """Whether a role's trust may let another identity assume it; a role of unknown trust may."""
    return role.trust is None or _allows(role.trust, other.caller, any_condition=True)


def names(role: Identity, other: Identity) -> bool:
    """Whether a role's trust names another identity itself, which then needs no permission of its own."""
    named = {principal.text for s in (role.trust.allows if role.trust else ()) for principal in s.principals or ()}
    return other.arn in named or "*" in named


def trusts_service(role: Identity, service: str) -> bool:
    """Whether a role's trust names an AWS service; a role of unknown trust may."""
    return role.trust is None or _allows(role.trust, Caller.of(service), any_condition=True)


def _allows(trust: Document, caller: Caller, *, any_condition: bool) -> bool:
    request = Request(caller, "sts:AssumeRole")
    return any(
        scope.statement.is_allow
        and scope.actions.has("sts:assumerole")
        and scope.names(request)
        and (any_condition or scope.is_about(request))
        for scope in scopes_of([trust])
    )
