"""Statements compiled to sets: which principals, actions and resources they mean, under which conditions.

A principal is written "AWS:arn:...", "Service:...", "Federated:..." or "*" here. An account stands for everybody in it,
a role for its sessions too. A Deny with NotPrincipal spares whom it lists only where it lists the account as well.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from studyctl.domain.policy.clauses import Clause, compile_condition
from studyctl.domain.policy.documents import Document, Item, Principal, PrincipalKind, Statement
from studyctl.domain.policy.globs import STAR, Glob, Reading, action_glob, glob, glob_of
from studyctl.domain.policy.request import Request
from studyctl.domain.policy.sets import ALL_TEXTS, Texts, resolve

_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12}|\$\{[^}]+\})(?::root)?\Z")
_ROLE = re.compile(r"arn:([^:]+):iam::([^:]*):role/(?:.*/)?([^/]+)\Z")


@dataclass(frozen=True, slots=True)
class Scope:
    """A statement and the requests it is about."""

    statement: Statement
    principals: Texts
    actions: Texts
    resources: Texts
    clauses: tuple[Clause, ...]

    def applies(self, request: Request) -> bool:
        """Whether the statement matches a request, its principal included."""
        return self.is_about(request) and self.names(request)

    def is_about(self, request: Request) -> bool:
        """Whether the statement matches a request by whoever."""
        return (
            self.actions.has(request.action.lower())
            and resolve(self.resources, request.lookup).has(request.resource)
            and all(clause.holds(request.lookup) for clause in self.clauses)
        )

    def names(self, request: Request) -> bool:
        """Whether the statement's principals include the caller."""
        if self.principals is ALL_TEXTS:
            return True
        positive = self.principals.complement() if self.principals.is_complement else self.principals
        return any(map(positive.has, request.caller.tokens)) is not self.principals.is_complement


def scope_of(statement: Statement) -> Scope:
    """Compile a statement. A missing Principal or Resource restricts nothing."""
    return Scope(
        statement,
        _principals(statement),
        _actions(_texts(statement.actions), statement.is_not_action),
        ALL_TEXTS
        if statement.resources is None
        else _resources(_texts(statement.resources), statement.is_not_resource, statement.has_variables),
        tuple(compile_condition(condition, statement.has_variables) for condition in statement.conditions),
    )


def scopes_of(documents: Iterable[Document]) -> tuple[Scope, ...]:
    """Compile every statement of some documents."""
    return tuple(scope_of(statement) for document in documents for statement in document.statements)


def _texts(items: tuple[Item, ...]) -> tuple[str, ...]:
    return tuple([item.text for item in items])


@functools.lru_cache(maxsize=16_384)
def _actions(texts: tuple[str, ...], is_complement: bool) -> Texts:
    return Texts(tuple(map(action_glob, texts)), is_complement)


@functools.lru_cache(maxsize=16_384)
def _resources(texts: tuple[str, ...], is_complement: bool, has_variables: bool) -> Texts:
    return Texts(tuple(glob(text, Reading.RESOURCE, has_variables) for text in texts), is_complement)


def _principals(statement: Statement) -> Texts:
    if statement.principals is None:
        return ALL_TEXTS
    listed = statement.principals
    if statement.is_not_principal and not statement.is_allow:
        accounts = {_account(principal) for principal in listed}
        listed = tuple(principal for principal in listed if _is_spared(principal, accounts))
    patterns = tuple(pattern for principal in listed for pattern in principal_globs(principal))
    return Texts(patterns, statement.is_not_principal)


def _is_spared(principal: Principal, accounts: set[str]) -> bool:
    if principal.kind is not PrincipalKind.AWS or principal.text == "*":
        return True
    if _account(principal):
        return False
    parts = principal.text.split(":", 5)
    return len(parts) > 5 and parts[4] in accounts  # noqa: PLR2004


def _account(principal: Principal) -> str:
    account = _ACCOUNT.match(principal.text) if principal.kind is PrincipalKind.AWS else None
    return account[1] if account else ""


def principal_globs(principal: Principal) -> tuple[Glob, ...]:
    """Return the patterns of everybody whom an entry of a Principal element means."""
    if principal.is_anyone:
        return ALL_TEXTS.patterns
    account = _account(principal)
    if account:
        everybody = glob(f"arn:*:*::{account}:*", Reading.ARN)
        return (glob_of((*"AWS:", *everybody.atoms), f"AWS:{everybody.text}"),)
    if principal.kind is not PrincipalKind.AWS:
        return (_exact(f"{principal.kind.value}:{principal.text}"),)
    role = _ROLE.match(principal.text)
    if role is None:
        return (_exact(f"AWS:{principal.text}"),)
    sessions = _exact(f"AWS:arn:{role[1]}:sts::{role[2]}:assumed-role/{role[3]}/")
    return (_exact(f"AWS:{principal.text}"), glob_of((*sessions.atoms, STAR), f"{sessions.text}*"))


def _exact(text: str) -> Glob:
    return glob(text, Reading.LITERAL)
