"""Every rule over policies and identities, in the order of their ids. A new rule is added here and nowhere else."""

from __future__ import annotations

from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules import about_waivers, broken_rule
from studyctl.domain.policy.rules.breadth import (
    administrator,
    not_action,
    not_resource,
    service_wildcard,
    star_resource,
    wide_management,
    wide_write,
)
from studyctl.domain.policy.rules.escalation import pass_role_scope, pass_role_service, privilege_escalation
from studyctl.domain.policy.rules.exposure import (
    confused_deputy,
    credentials_exposure,
    cross_account_resource,
    data_exfiltration,
    decrypt_all_keys,
    lock_out,
    not_principal,
    public_resource,
    transport,
)
from studyctl.domain.policy.rules.rule import Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, Unreadable
from studyctl.domain.policy.rules.trust import anybody, federated, oidc, other_account, whole_account
from studyctl.domain.policy.rules.validity import (
    dead_variables,
    impossible_condition,
    malformed_arn,
    mismatched_operator,
    misplaced_elements,
    retired_action,
    shadowed_statement,
    too_large,
    unknown_action,
    unknown_condition_key,
    unknown_service,
    unreadable,
    unsupported_resource,
)

READING_RULES: tuple[Rule[Unreadable], ...] = (unreadable.RULE, broken_rule.RULE, *about_waivers.RULES)
"""What is said of policies that cannot be judged, and of the lint itself."""

POLICY_RULES: tuple[Rule[PolicySubject], ...] = (
    misplaced_elements.RULE,
    unknown_service.RULE,
    unknown_action.RULE,
    retired_action.RULE,
    unsupported_resource.RULE,
    unknown_condition_key.RULE,
    mismatched_operator.RULE,
    shadowed_statement.RULE,
    too_large.RULE,
    malformed_arn.RULE,
    dead_variables.RULE,
    impossible_condition.RULE,
    service_wildcard.RULE,
    star_resource.RULE,
    not_action.RULE,
    not_resource.RULE,
    wide_management.RULE,
    wide_write.RULE,
    public_resource.RULE,
    cross_account_resource.RULE,
    confused_deputy.RULE,
    transport.RULE,
    lock_out.RULE,
    not_principal.RULE,
    oidc.RULE,
    anybody.RULE,
    other_account.RULE,
    whole_account.RULE,
    federated.RULE,
)
"""Asked of each document."""

IDENTITY_RULES: tuple[Rule[IdentitySubject], ...] = (
    administrator.RULE,
    privilege_escalation.RULE,
    pass_role_scope.RULE,
    pass_role_service.RULE,
    credentials_exposure.RULE,
    data_exfiltration.RULE,
    decrypt_all_keys.RULE,
)
"""Asked of each identity, of the union of its policies within its boundary."""
