"""Which conditions keep strangers out, and whom a statement lets in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.documents import Condition, PrincipalKind, Qualifier, Statement
from studyctl.domain.policy.operators import OPERATORS, Comparison
from studyctl.domain.policy.rules.subjects import is_symbolic

WHO = frozenset(
    {
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:userid", "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
        *("sns:endpoint", "lambda:principal"),
    }
)
"""Keys that say who asks."""
WHENCE = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:vpceaccount"})
"""Keys that say from where."""
ON_WHOSE_BEHALF = frozenset(
    {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"}
)
"""Keys that a service fills in with whom it works for."""
_ACCOUNT = re.compile(r"(?:arn:[^:]+:[^:]+:[^:]*:)?([0-9]{12})(?![0-9])")
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1"})


def narrows(condition: Condition, keys: frozenset[str]) -> bool:
    """Whether a condition on one of some keys must hold and leaves strangers out."""
    operator = OPERATORS[condition.name]
    is_weak = operator.is_negated or condition.if_exists or condition.qualifier is Qualifier.FOR_ALL_VALUES
    if condition.key.text.lower() not in keys or is_weak or operator.comparison is Comparison.NULL:
        return False
    return bool(condition.texts) and all(_names_somebody(text, condition.key.text.lower()) for text in condition.texts)


def is_narrowed(statement: Statement, *kinds: frozenset[str]) -> bool:
    """Whether one of a statement's conditions leaves strangers out."""
    keys = frozenset().union(*kinds)
    return any(narrows(condition, keys) for condition in statement.conditions)


def outsiders(statement: Statement, account_id: str) -> Iterator[str]:
    """Yield the principals that belong to another account than ours; none where ours is not known."""
    for principal in statement.principals or ():
        if principal.kind is PrincipalKind.AWS and not principal.is_anyone:
            account = account_of(principal.text)
            if account and account_id and account != account_id:
                yield principal.text


def account_of(text: str) -> str:
    """Return the account that an ARN, or a bare account id, belongs to; empty where it names none."""
    found = _ACCOUNT.match(text)
    return found[1] if found else ""


def names_anybody(statement: Statement) -> bool:
    """Whether a statement lets everybody in, by a star or by leaving some out."""
    return statement.is_not_principal or any(principal.is_anyone for principal in statement.principals or ())


def _names_somebody(text: str, key: str) -> bool:
    if text in _EVERYWHERE or text.strip("*?") == "":
        return False
    if key.endswith(("arn",)) and not is_symbolic(text):
        parts = text.split(":", 5)
        # an ARN with neither account nor name is everybody's; a bucket's ARN has no account but a name of its own
        return len(parts) > 5 and (parts[4].strip("*?") != "" or parts[5].strip("*?") != "")  # noqa: PLR2004
    return True
