"""Invariants over environments: whom roles reach, who may change what, and whom is trusted outside of the account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.disaster.naming import substitute_name
from studyctl.domain.policy.catalogue import AccessLevel, Action
from studyctl.domain.policy.documents import PolicyKind, PrincipalKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.actions import granted_actions
from studyctl.domain.policy.rules.exposure.narrowing import account_of
from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.rules.trust.oidc import GITHUB

ENVIRONMENTS = ("dev", "staging", "prod")
_SUBSTITUTES = tuple(substitute_name(name) for name in ENVIRONMENTS)
# substitutes first: what takes the place of prod is not prod
_WORDS = (*_SUBSTITUTES, *ENVIRONMENTS, "development", "stage", "production")
_NAMES = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(_WORDS)})(?![A-Za-z0-9])")
_SAME = {"development": "dev", "stage": "staging", "production": "prod"}
_PLANNING = re.compile(r"(?<![A-Za-z])(plan|drift|readonly|read-only)(?![A-Za-z])")
_WRITES = frozenset({AccessLevel.WRITE, AccessLevel.PERMISSIONS, AccessLevel.TAGGING})
STATE_LOCK = frozenset({"s3:PutObject", "s3:DeleteObject", "kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt"})
"""What a plan writes: the lock of its state, by terraform's own lock file."""
CHANGE_IAM = (
    "iam:CreateRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeleteRole",
)


def roles_stay_in_their_environment(subject: PlanSubject) -> Iterator[Offence]:
    """Yield statements of one environment's roles that name another environment's resources."""
    for identity in subject.graph.world.identities:
        own = _environment_of(identity, subject)
        if not own:
            continue
        for document in identity.policies:
            for statement in document.allows:
                for item in statement.resources or ():
                    other = {_SAME.get(name, name) for name in _NAMES.findall(item.text.rpartition("::")[2])} - {own}
                    if other:
                        yield Offence(
                            f"{identity} of {own} may use {item.text} of {', '.join(sorted(other))}",
                            identity.position,
                            statement.label,
                        )


def _environment_of(identity: Identity, subject: PlanSubject) -> str:
    tagged = identity.tags.get("Environment") or subject.environment
    found = _NAMES.search(identity.name)
    name = tagged or (found[1] if found else "")
    return _SAME.get(name, name)


def planners_cannot_write(subject: PlanSubject) -> Iterator[Offence]:
    """Yield roles of a pipeline that only plan and may write more than a lock."""
    for identity in _pipelines(subject):
        if not _PLANNING.search(identity.name):
            continue
        found = {
            action.text
            for document in identity.policies
            for statement in document.allows
            if not statement.is_not_action
            for item in statement.actions
            for action in granted_actions(item)
            if _writes(action) and not can(identity, Target((action.text,))).is_no
        }
        if found:
            shown = ", ".join(sorted(found)[:4])
            yield Offence(f"{identity} only plans, and may use {shown}", identity.position, identity.name)


def _writes(action: Action) -> bool:
    return bool(action.levels & _WRITES) and action.text not in STATE_LOCK and not action.text.startswith("sts:")


def only_appliers_change_iam(subject: PlanSubject) -> Iterator[Offence]:
    """Yield identities that may change roles and are not what a pipeline applies a protected environment with."""
    appliers = {identity.address for identity in _pipelines(subject) if not _PLANNING.search(identity.name)}
    for identity in subject.graph.world.identities:
        if identity.address in appliers:
            continue
        for action in CHANGE_IAM:
            answer = can(identity, Target((action,)))
            if not answer.is_no:
                yield Offence(
                    f"{identity} may use {action}, and is no role that a pipeline applies with",
                    identity.position,
                    identity.name,
                    str(answer),
                    is_proven=answer.is_yes,
                )
                break


def pipelines_have_a_boundary(subject: PlanSubject) -> Iterator[Offence]:
    """Yield roles of a pipeline without a permissions boundary."""
    for identity in _pipelines(subject):
        if identity.boundary is None:
            yield Offence("a pipeline assumes it and it has no permissions boundary", identity.position, identity.name)


def nothing_outside_is_trusted(subject: PlanSubject) -> Iterator[Offence]:
    """Yield trust in other accounts, and in identity providers that are not the pipeline's."""
    account = subject.plan.account_id
    for policy in subject.graph.policies:
        if policy.kind is not PolicyKind.TRUST:
            continue
        for statement in policy.document.allows:
            for principal in statement.principals or ():
                foreign = principal.kind is PrincipalKind.AWS and account_of(principal.text) not in ("", account)
                federated = principal.kind is PrincipalKind.FEDERATED and not _is_pipeline(principal.text)
                if account and (foreign or federated):
                    yield Offence(
                        f"{principal.text} is outside of the account", Position(policy.holder), statement.label
                    )


def _is_pipeline(text: str) -> bool:
    return text.endswith(f"/{GITHUB}") or "aws_iam_openid_connect_provider" in text


def _pipelines(subject: PlanSubject) -> Iterator[Identity]:
    """Yield the roles that trust a pipeline's token."""
    for role in subject.graph.world.of_kind(IdentityKind.ROLE):
        principals = [p for s in (role.trust.allows if role.trust else ()) for p in s.principals or ()]
        if any(p.kind is PrincipalKind.FEDERATED and _is_pipeline(p.text) for p in principals):
            yield role


def nobody_has_an_administrators_policy(subject: PlanSubject) -> Iterator[Offence]:
    """Yield attachments of AWS's policies for administrators."""
    wide = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "job-function/SystemAdministrator")
    for identity in subject.graph.world.identities:
        for arn in identity.policy_arns:
            resource = subject.plan.at(identity.address)
            if arn.partition(":aws:policy/")[2] in wide and resource is not None:
                yield at(resource, f"{arn} is attached")


_LEAST = "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/"

RULES = (
    control(
        "SC601",
        "environment-crossing",
        roles_stay_in_their_environment,
        source=_LEAST + "sec_securely_operate_multi_accounts.html",
        severity=Severity.HIGH,
        summary="No role of one environment reaches another's resources",
        fix="Name the resources of the role's own environment.",
    ),
    control(
        "SC602",
        "planner-writes",
        planners_cannot_write,
        source="https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
        severity=Severity.HIGH,
        summary="Roles that plan cannot write",
        fix="Give it reading actions, and s3:PutObject on the state's lock file only.",
    ),
    control(
        "SC603",
        "changes-iam",
        only_appliers_change_iam,
        source=_LEAST + "sec_permissions_least_privileges.html",
        severity=Severity.HIGH,
        summary="Only the role that a pipeline applies with may change IAM",
        fix="Remove the action.",
    ),
    control(
        "SC604",
        "pipeline-without-boundary",
        pipelines_have_a_boundary,
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        severity=Severity.HIGH,
        summary="Roles of pipelines have a permissions boundary",
        fix="Set permissions_boundary.",
    ),
    control(
        "SC605",
        "trust-outside",
        nothing_outside_is_trusted,
        source=_LEAST + "sec_permissions_analyze_cross_account.html",
        severity=Severity.HIGH,
        summary="Nothing outside of the account is trusted but the pipeline's tokens",
        fix="Remove the principal; where it must be, waive this with the reason.",
    ),
    control(
        "SC606",
        "administrators-policy",
        nobody_has_an_administrators_policy,
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
        severity=Severity.CRITICAL,
        summary="Nobody has AWS's policies for administrators",
        fix="Attach a policy that names what is needed.",
    ),
)
