"""Parses policies into documents, and says what a policy lacks for where it is attached.

Sources: AWS IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements: Principal";
AWS Organizations User Guide, "Resource control policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studyctl.domain.policy.documents import Document, PolicyKind, Statement
from studyctl.domain.policy.json_text import Source
from studyctl.domain.policy.parser import PolicyParser
from studyctl.domain.policy.problems import Problem, ProblemKind

PRINCIPAL_NEEDED = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.ENDPOINT, PolicyKind.RESOURCE_CONTROL})
"""Where a statement must say whom it is about."""


def parse_policy(text: str | bytes, source: str) -> Document:
    """Return the policy that a text holds; `source` names it in every position.

    Raises:
        PolicyError: with every violation of the grammar, or the first of JSON.
    """
    origin = Source.of_bytes(text, source) if isinstance(text, bytes) else Source(source, text)
    return PolicyParser(origin).document(origin.load())


def parse_policy_value(value: Any, source: str) -> Document:
    """Return the policy that a plan holds, as a string of JSON or already parsed; then positions name only the source.

    Raises:
        PolicyError: with every violation of the grammar, or the first of JSON.
    """
    return parse_policy(value, source) if isinstance(value, str) else PolicyParser(Source(source)).document(value)


def kind_problems(document: Document, kind: PolicyKind) -> tuple[Problem, ...]:
    """Return what a document lacks, or has too much, for where it is attached."""
    return tuple(_kind_problems(document, kind))


def _lists(statement: Statement) -> Iterator[tuple[str, tuple[object, ...] | None]]:
    yield "NotAction" if statement.is_not_action else "Action", statement.actions
    yield "NotResource" if statement.is_not_resource else "Resource", statement.resources
    yield "NotPrincipal" if statement.is_not_principal else "Principal", statement.principals


def _kind_problems(document: Document, kind: PolicyKind) -> Iterator[Problem]:
    needs_principal = kind in PRINCIPAL_NEEDED
    for statement in document.statements:
        messages = [f"{name} lists nothing" for name, items in _lists(statement) if items == ()]
        if needs_principal and statement.principals is None:
            messages.append(f"a {kind.value} needs a Principal in every statement")
        if not needs_principal and statement.principals is not None:
            messages.append(f"a {kind.value} has no Principal: it holds for whoever it is attached to")
        if kind is PolicyKind.TRUST and statement.resources is not None:
            messages.append("a trust policy has no Resource: it stands on the role itself")
        if kind is not PolicyKind.TRUST and statement.resources is None:
            messages.append(f"a {kind.value} needs a Resource or NotResource in every statement")
        if kind is PolicyKind.RESOURCE_CONTROL and statement.is_allow:
            messages.append("a resource control policy can only deny")
        for message in messages:
            yield Problem(ProblemKind.GRAMMAR, message, statement.position, statement.index, statement.sid)
