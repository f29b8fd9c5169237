"""Decides a request as AWS does, and says by which statements.

What is particular, all of it documented by AWS:

- An explicit deny anywhere wins. Service control policies of every level, an endpoint policy, a boundary and a session
  policy must each allow; a resource control policy can only deny. Neither organisation policy limits a service-linked
  role. Service control policies do not hold in the management account: leave them out there.
- Within an account a resource policy that names the caller is enough. Naming a user's ARN, or a session's, passes by
  boundary and session policy; naming a role's ARN, or everyone, is still within the role's boundary and session policy.
  Naming the account only delegates to its identity policies.
- Across accounts both sides must allow.
- A KMS key and a role's trust policy must allow even the account's own principals. Where no such policy is given, the
  default is taken: it delegates to its account.
- The root user needs no identity policy and has no boundary.
- sts:GetCallerIdentity is always allowed.

Sources: AWS IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Permissions boundaries
for IAM entities"; AWS Organizations User Guide, "SCP evaluation", "Resource control policies"; AWS KMS Developer Guide,
"Key policies"; AWS STS API Reference, "GetCallerIdentity".
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from studyctl.domain.policy.documents import Document, Principal, Statement
from studyctl.domain.policy.request import Caller, CallerKind, Request
from studyctl.domain.policy.scopes import Scope, principal_globs, scopes_of
from studyctl.domain.policy.sets import Texts


class Outcome(enum.Enum):
    """How a request ends."""

    ALLOWED = "allowed"
    DENIED = "explicitly denied"
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, why in words, and the statements that made it so (none where nothing allows)."""

    outcome: Outcome
    why: str
    statements: tuple[Statement, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether the request may be made."""
        return self.outcome is Outcome.ALLOWED

    def __str__(self) -> str:
        """Say it in one line."""
        by = f" by {', '.join(str(statement) for statement in self.statements)}" if self.statements else ""
        return f"{self.outcome.value}{by}: {self.why}"


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that a request meets. None means that there is no such policy; an empty tuple allows nothing.

    `service_control` has the policies of each level above the caller's account, root first; each level must allow.
    """

    identity: tuple[Document, ...] = ()
    boundary: tuple[Document, ...] | None = None
    session: tuple[Document, ...] | None = None
    service_control: tuple[tuple[Document, ...], ...] = ()
    resource_control: tuple[Document, ...] = ()
    resource: tuple[Document, ...] | None = None
    endpoint: tuple[Document, ...] | None = None


class _Naming(enum.IntEnum):
    """How closely a resource policy names the caller."""

    NOT_AT_ALL = 0
    ACCOUNT = 1
    ANYONE = 2
    ROLE_OR_USER = 3
    SESSION = 4


class Authoriser:
    """Policies compiled once, for any number of requests."""

    def __init__(self, policies: Policies) -> None:
        self._identity = scopes_of(policies.identity)
        self._resource = None if policies.resource is None else scopes_of(policies.resource)
        self._resource_control = scopes_of(policies.resource_control)
        self._organisation = [
            (f"the service control policies of level {level + 1} do not allow it", scopes_of(documents))
            for level, documents in enumerate(policies.service_control)
        ]
        self._endpoint = _layer("the endpoint policy does not allow it", policies.endpoint)
        self._boundary = _layer("the permissions boundary does not allow it", policies.boundary)
        self._session = _layer("the session policy does not allow it", policies.session)

    def decide(self, request: Request) -> Decision:
        """Return what AWS would answer."""
        caller = request.caller
        if request.action.lower() == "sts:getcalleridentity":
            return Decision(Outcome.ALLOWED, "everybody may ask who they are")
        denying = self._denying(request)
        if denying:
            return Decision(Outcome.DENIED, "an explicit deny always wins", denying)
        outer = [*self._endpoint, *(self._organisation if _is_governed(caller) else ())]
        for why, scopes in outer:
            if not _allowing(scopes, request):
                return Decision(Outcome.NOT_ALLOWED, why)
        naming, by_resource = self._named(request)
        if caller.kind in _WITHOUT_POLICIES:
            return _by_resource_alone(by_resource)
        if request.owner != caller.account:
            return self._across_accounts(request, by_resource)
        return self._within_account(request, naming, by_resource)

    def _within_account(self, request: Request, naming: _Naming, by_resource: tuple[Statement, ...]) -> Decision:
        by_identity, why_not = self._by_identity(request)
        if _passes_limits(request.caller, naming):
            return Decision(Outcome.ALLOWED, "the resource policy names the caller", by_resource)
        limit = self._limit(request, naming)
        if naming > _Naming.ACCOUNT and not limit:
            return Decision(Outcome.ALLOWED, "the resource policy allows the caller", by_resource)
        if not by_identity and not _is_root(request.caller):
            return Decision(Outcome.NOT_ALLOWED, why_not)
        if self._must_name(request) and naming is _Naming.NOT_AT_ALL:
            return Decision(Outcome.NOT_ALLOWED, "the policy of the key or role does not allow it, nor its account")
        return Decision(Outcome.ALLOWED, "the caller's own policies allow it", (*by_identity, *by_resource))

    def _across_accounts(self, request: Request, by_resource: tuple[Statement, ...]) -> Decision:
        by_identity, why_not = self._by_identity(request)
        if not by_identity and not _is_root(request.caller):
            return Decision(Outcome.NOT_ALLOWED, why_not)
        if not by_resource:
            why = f"the resource belongs to {request.owner} and its policy does not allow it"
            return Decision(Outcome.NOT_ALLOWED, why)
        return Decision(Outcome.ALLOWED, "both accounts allow it", (*by_identity, *by_resource))

    def _by_identity(self, request: Request) -> tuple[tuple[Statement, ...], str]:
        """Return the statements of the caller's side, or why it does not allow."""
        found = list(_allowing(self._identity, request))
        if not found and not _is_root(request.caller):
            return (), "no identity policy allows it"
        for why, scopes in (*self._limits_of(request.caller), *self._session):
            allowing = _allowing(scopes, request)
            if not allowing:
                return (), why
            found.extend(allowing)
        return tuple(found), ""

    def _limit(self, request: Request, naming: _Naming) -> str:
        """Return what limits a grant of the resource policy, if anything does not allow it."""
        is_user = request.caller.kind in (CallerKind.USER, CallerKind.FEDERATED_USER)
        boundary = () if is_user and naming > _Naming.ACCOUNT else self._limits_of(request.caller)
        return next((why for why, scopes in (*boundary, *self._session) if not _allowing(scopes, request)), "")

    def _limits_of(self, caller: Caller) -> list[tuple[str, tuple[Scope, ...]]]:
        return [] if _is_root(caller) else self._boundary

    def _must_name(self, request: Request) -> bool:
        action = request.action.lower()
        is_trust = action.startswith("sts:assumerole") or action in ("sts:setsourceidentity", "sts:tagsession")
        return self._resource is not None and (action.startswith("kms:") or is_trust)

    def _denying(self, request: Request) -> tuple[Statement, ...]:
        own = (*self._identity, *(scope for _, scopes in (*self._boundary, *self._session) for scope in scopes))
        outer = [scope for _, scopes in self._endpoint for scope in scopes]
        if _is_governed(request.caller):
            outer.extend(scope for _, scopes in self._organisation for scope in scopes)
        if not request.caller.is_service_linked:
            outer.extend(self._resource_control)
        everything = (*own, *outer, *(self._resource or ()))
        return tuple(s.statement for s in everything if not s.statement.is_allow and s.applies(request))

    def _named(self, request: Request) -> tuple[_Naming, tuple[Statement, ...]]:
        """Return how closely the resource policy's allows name the caller, and those statements."""
        found = [
            (_naming(scope, request), scope.statement)
            for scope in self._resource or ()
            if scope.statement.is_allow and scope.is_about(request)
        ]
        closest = max((naming for naming, _ in found), default=_Naming.NOT_AT_ALL)
        return closest, tuple(statement for naming, statement in found if naming)


def evaluate(policies: Policies, request: Request) -> Decision:
    """Decide one request."""
    return Authoriser(policies).decide(request)


_WITHOUT_POLICIES = (CallerKind.SERVICE, CallerKind.FEDERATED, CallerKind.ANONYMOUS)


def _by_resource_alone(by_resource: tuple[Statement, ...]) -> Decision:
    if by_resource:
        return Decision(Outcome.ALLOWED, "the resource policy allows it", by_resource)
    return Decision(Outcome.NOT_ALLOWED, "the resource policy does not allow it, and nothing else can")


def _layer(why: str, documents: Iterable[Document] | None) -> list[tuple[str, tuple[Scope, ...]]]:
    return [] if documents is None else [(why, scopes_of(documents))]


def _allowing(scopes: Iterable[Scope], request: Request) -> tuple[Statement, ...]:
    return tuple(scope.statement for scope in scopes if scope.statement.is_allow and scope.applies(request))


def _is_root(caller: Caller) -> bool:
    return caller.kind is CallerKind.ROOT


def _is_governed(caller: Caller) -> bool:
    return bool(caller.account) and not caller.is_service_linked


def _passes_limits(caller: Caller, naming: _Naming) -> bool:
    """Whether a resource policy names somebody whom boundary and session policy do not limit."""
    return naming is _Naming.SESSION or (naming is _Naming.ROLE_OR_USER and caller.kind is CallerKind.USER)


def _naming(scope: Scope, request: Request) -> _Naming:
    statement = scope.statement
    if statement.is_not_principal:
        return _Naming.ANYONE if scope.names(request) else _Naming.NOT_AT_ALL
    listed = statement.principals or ()
    return max((_naming_by(principal, request.caller) for principal in listed), default=_Naming.NOT_AT_ALL)


def _naming_by(principal: Principal, caller: Caller) -> _Naming:
    if principal.is_anyone:
        return _Naming.ANYONE
    if not any(map(Texts(principal_globs(principal)).has, caller.tokens)):
        return _Naming.NOT_AT_ALL
    has_session = caller.role_arn not in ("", caller.name)
    if principal.text == caller.name:
        return _Naming.SESSION if has_session else _Naming.ROLE_OR_USER
    return _Naming.ROLE_OR_USER if principal.text == caller.role_arn else _Naming.ACCOUNT
