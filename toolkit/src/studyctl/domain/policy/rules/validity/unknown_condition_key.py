"""Condition keys that nobody fills in."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.catalogue.catalogue import is_meant
from studyctl.domain.policy.catalogue.global_keys import GLOBAL_KEYS
from studyctl.domain.policy.documents import Condition, PolicyKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.actions import granted_actions
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

MAX_EXPANDED = 400
FEDERATED = ("token.actions.githubusercontent.com:", "cognito-identity.amazonaws.com:", "accounts.google.com:")
"""Prefixes of identity providers, whose keys are the claims of their tokens."""
EVERYWHERE = frozenset({"kms:viaservice", "kms:calleraccount", "ec2:sourceinstancearn"})
"""Keys that their service lists for fewer actions than it fills them in for."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield keys that do not exist, and keys that none of the statement's actions knows."""
    for statement in subject.document.statements:
        for condition in statement.conditions:
            key = condition.key.text
            known = catalogue().condition_key(key)
            if _is_claim(key, subject.kind):
                continue
            if known is None:
                yield offence(statement, f'there is no condition key "{key}"')
            elif not is_global(key) and not _is_known_to_actions(statement, condition):
                yield offence(statement, f'no action of the statement knows the condition key "{key}"')


def _is_claim(key: str, kind: PolicyKind) -> bool:
    """Whether it is a claim of an identity provider, which AWS takes from the token."""
    host = key.rpartition(":")[0]
    return key.lower().startswith(FEDERATED) or (kind is PolicyKind.TRUST and ("." in host or "/" in host))


def is_global(key: str) -> bool:
    """Whether every service, or more actions than its service lists, knows a key."""
    folded = key.lower()
    return folded in GLOBAL_KEYS or folded.startswith("aws:") or folded in EVERYWHERE


def _is_known_to_actions(statement: Statement, condition: Condition) -> bool:
    if statement.is_not_action:
        return True
    wanted = condition.key.text.lower()
    prefixes = {item.text.partition(":")[0].lower() for item in statement.actions}
    if not all(prefix.isascii() and "*" not in prefix and "?" not in prefix for prefix in prefixes):
        return True
    for item in statement.actions:
        actions = granted_actions(item)
        if len(actions) > MAX_EXPANDED or not actions:
            return True
        for action in actions:
            keys = {key.lower() for key in action.all_condition_keys}
            types = catalogue().resource_types(action)
            keys.update(key.lower() for type_ in types for key in type_.condition_keys)
            if wanted in keys or any(is_meant(key, wanted) for key in keys):
                return True
    return False


RULE = Rule(
    id="SC008",
    name="unknown-condition-key",
    severity=Severity.MEDIUM,
    summary="Every condition key exists and is known to an action of its statement; otherwise an Allow never holds",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    fix="Correct the key, or move the condition to a statement with the actions that know it.",
    judge=judge,
    needs=Trait.ODD_KEY,
)
