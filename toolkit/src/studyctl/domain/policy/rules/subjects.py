"""What document rules judge: a policy with what is known about where it is attached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from studyctl.domain.policy.documents import Document, PolicyKind, PrincipalKind, Statement
from studyctl.domain.policy.problems import Problem
from studyctl.domain.policy.rules.rule import Offence

GRANTING = frozenset({PolicyKind.IDENTITY, PolicyKind.SESSION})
"""Where an Allow gives its holder something. Boundaries and endpoint policies only limit what others give."""


class PolicySubject(NamedTuple):
    """One document. What a folder of policies does not tell is empty.

    `service` is that of the resource which a resource policy stands on ("s3"), `holder` its address or ARN,
    `account_id` the account that everything belongs to.
    """

    document: Document
    kind: PolicyKind
    service: str = ""
    holder: str = ""
    account_id: str = ""

    @property
    def where(self) -> str:
        """Return the file or address that the document came from."""
        return self.document.source


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A policy that could not be read, or whose content is not known; `problems` say why."""

    where: str
    problems: tuple[Problem, ...]


def guessed_kind(document: Document) -> PolicyKind:
    """Return where a document of a folder is most likely attached, from the elements that it has."""
    statements = document.statements
    if not [statement for statement in statements if statement.principals is not None]:
        return PolicyKind.IDENTITY
    if not [statement for statement in statements if statement.resources is not None] and any(
        action.text.lower().startswith("sts:") for statement in statements for action in statement.actions
    ):
        return PolicyKind.TRUST
    return PolicyKind.RESOURCE


def guessed_service(document: Document) -> str:
    """Return the service that a resource policy stands on: that of its actions, when it is one."""
    services = {action.text.partition(":")[0].lower() for s in document.statements for action in s.actions}
    services.discard("*")
    return services.pop() if len(services) == 1 else ""


def offence(statement: Statement, message: str, *, witness: str = "", is_proven: bool = True) -> Offence:
    """Return an offence at a statement."""
    return Offence(message, statement.position, statement.label, witness, is_proven)


def is_symbolic(text: str) -> bool:
    """Whether a text stands for something that only the apply will know: "arn:aws:kms:...:key/(aws_kms_key.main)"."""
    return "(" in text  # no ARN has one


def has_wildcard(text: str) -> bool:
    """Whether a text is a pattern."""
    return "*" in text or "?" in text


def service_principals(statement: Statement) -> tuple[str, ...]:
    """Return the AWS services that a statement is about."""
    return tuple(p.text.lower() for p in statement.principals or () if p.kind is PrincipalKind.SERVICE)


def condition_keys(statement: Statement) -> frozenset[str]:
    """Return the keys of all conditions, in lower case."""
    return frozenset(condition.key.text.lower() for condition in statement.conditions)
