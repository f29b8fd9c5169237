"""Which conditions keep strangers out, and whom a statement lets in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from studyctl.domain.policy.documents import Condition, PrincipalKind, Qualifier, Statement
from studyctl.domain.policy.operators import OPERATORS, Comparison
from studyctl.domain.policy.rules.subjects import has_wildcard, is_symbolic

WHO = frozenset(
    {
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:userid", "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
        *("sns:endpoint", "lambda:principal"),
    }
)
"""Keys that say who asks."""
_MOUNTED = "elasticfilesystem:accessedviamounttarget"
WHENCE = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:vpceaccount", _MOUNTED})
"""Keys that say from where."""
ON_WHOSE_BEHALF = frozenset(
    {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"}
)
"""Keys that a service fills in with whom it works for."""
_ACCOUNT = re.compile(r"(?:arn:[^:]+:[^:]+:[^:]*:)?([0-9]{12})(?![0-9])")
_ADDRESSES = frozenset({"aws:sourceip", "aws:vpcsourceip"})
_WIDEST = {4: 8, 6: 32}
"""Length of the prefix, by version of IP, below which Amazon S3 takes a range of addresses for everybody's."""
_WHOLE = frozenset(
    {
        *("aws:principalaccount", "aws:principalorgid", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceowner"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:vpceaccount", "kms:calleraccount", "s3:dataaccesspointaccount"),
    }
)
"""Ids that AWS gives out: every pattern of them, such as o-*, has those of strangers among it."""
_LEADING = {"aws:principalorgpaths": "/", "aws:sourceorgpaths": "/", "aws:userid": ":"}
"""Where the id of an organisation or of a role ends, which may stand before a pattern."""
_ASKERS = "${aws:principal"
"""A variable that is always like whoever asks."""
_UNIQUE = {
    "s3": re.compile(r"(?!accesspoint/)([^/]+)"),
    "cloudfront": re.compile(r"[a-z-]+/(.+)"),
    "execute-api": re.compile(r"([^/]+)"),
    "apigateway": re.compile(r"/restapis/([^/]+)"),
}
"""Services whose names belong to one account only, whatever stands in the ARN's part for the account."""


def narrows(condition: Condition, keys: frozenset[str]) -> bool:
    """Whether a condition on one of some keys must hold and leaves strangers out."""
    return condition.key.text.lower() in keys and leaves_strangers_out(condition)


def leaves_strangers_out(condition: Condition) -> bool:
    """Whether a condition holds only where its key is there, and for nobody's value but those that it names."""
    operator = OPERATORS[condition.name]
    is_weak = operator.is_negated or condition.if_exists or condition.qualifier is Qualifier.FOR_ALL_VALUES
    if is_weak or operator.comparison is Comparison.NULL:
        return False
    key, is_pattern = condition.key.text.lower(), operator.comparison in (Comparison.LIKE, Comparison.ARN)
    return bool(condition.texts) and all(_names_somebody(text, key, is_pattern=is_pattern) for text in condition.texts)


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


def _names_somebody(text: str, key: str, *, is_pattern: bool) -> bool:
    if is_symbolic(text) or text.strip("*?") == "" or _ASKERS in text.lower():
        return is_symbolic(text)
    if key in _ADDRESSES:
        return _is_narrow(text)
    if key.endswith("arn"):
        return _is_somebodys(text)
    if key == _MOUNTED:
        return text.lower() == "true"
    fixed = text.partition(_LEADING[key])[0] if key in _LEADING else text if key in _WHOLE else ""
    return not (is_pattern and has_wildcard(fixed))


def _is_narrow(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _WIDEST[network.version]


def _is_somebodys(arn: str) -> bool:
    """Whether an ARN names an account, or something whose name only one account can have, such as a bucket."""
    parts = arn.split(":", 5)
    if len(parts) <= 5:  # noqa: PLR2004 - arn:partition:service:region:account:resource
        return False
    service, account, name = parts[2], parts[4], parts[5]
    if account and not has_wildcard(account):
        return True
    found = _UNIQUE[service].match(name) if service in _UNIQUE else None
    own = found[1] if found else name
    return (found is not None or not account) and not has_wildcard(own)
