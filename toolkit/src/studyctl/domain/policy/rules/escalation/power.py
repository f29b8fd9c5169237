"""What is worth taking over an identity for: credentials, data and rights, and who has more of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from studyctl.domain.policy.catalogue import AccessLevel, Action, catalogue
from studyctl.domain.policy.containment import is_contained
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.grants import Grants, grants_of
from studyctl.domain.policy.graph.reach import Conditions, Target
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.rules.escalation.paths import ALL_PATHS
from studyctl.domain.policy.rules.validity.malformed_arn import PARTITIONS
from studyctl.domain.policy.scopes import Scope, scopes_of

CREDENTIALS = (
    "chime:CreateApiKey", "cloud9:CreateEnvironmentToken", "codeartifact:GetAuthorizationToken",
    "cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetOpenIdToken",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", "connect:GetFederationToken", "ec2:GetPasswordData",
    "elasticmapreduce:GetClusterSessionCredentials", "gamelift:RequestUploadCredentials",
    "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential", "iam:UpdateAccessKey", "iot:AssumeRoleWithCertificate",
    "lightsail:DownloadDefaultKeyPair", "lightsail:GetBucketAccessKeys", "lightsail:GetInstanceAccessDetails",
    "lightsail:GetKeyPair", "lightsail:GetRelationalDatabaseMasterUserPassword", "rds-db:connect",
    "redshift:GetClusterCredentials", "redshift-serverless:GetCredentials", "sso:GetRoleCredentials",
    "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:GetFederationToken",
)  # fmt: skip
"""Return credentials. Source: cloudsplaining, "Credentials exposure"."""

DATA = (
    "athena:GetQueryResults", "codecommit:GetFile", "codecommit:GitPull", "dynamodb:BatchGetItem",
    "dynamodb:ExportTableToPointInTime", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan",
    "ebs:GetSnapshotBlock", "ec2:CreateSnapshot", "ec2:ModifySnapshotAttribute", "kinesis:GetRecords", "kms:Decrypt",
    "lambda:GetFunction", "rds:CopyDBSnapshot", "rds:ModifyDBSnapshotAttribute", "rds:StartExportTask",
    "rds-data:ExecuteStatement", "redshift-data:GetStatementResult", "s3:GetObject", "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "ssm:GetParameter",
    "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath",
)  # fmt: skip
"""Return what is stored, or hand out a copy of it. Source: cloudsplaining, "Data exfiltration", and more."""

TAKEN = {
    "apprunner:UpdateService": ("service",),
    "batch:SubmitJob": ("job-definition",),
    "ec2:CreateSnapshot": ("volume",),
    "ec2:ModifyInstanceAttribute": ("instance",),
    "ecs:ExecuteCommand": ("task",),
    "ecs:RunTask": ("task-definition",),
    "ssm:SendCommand": ("instance", "managed-instance", "bucket"),
    "ssm:StartSession": ("instance", "managed-instance", "task"),
    "rds:CopyDBSnapshot": ("snapshot",),
}
"""Of actions on several types of resources, those that the path or the data is about."""

AMAZONS = tuple(f"arn:{partition}:iam::aws:*" for partition in sorted(PARTITIONS))
"""AWS's own policies and roles, which nobody can change."""
_AMAZONS_TOOLS = tuple(f"arn:{partition}:bedrock-agentcore:*:aws:*" for partition in sorted(PARTITIONS))
AMAZONS_OF = {"iam": AMAZONS, "sts": AMAZONS, "bedrock-agentcore": _AMAZONS_TOOLS}
"""What is AWS's own by service: its browsers and interpreters run as nobody of ours."""

SELF = ("arn:*:iam::*:user/${aws:username}", "arn:*:iam::*:user/*/${aws:username}")
"""Whoever asks, as a user."""

_STRANGER = "some-other-name"


@dataclass(frozen=True, slots=True)
class More:
    """What somebody has and another has not; `is_certain` is false where nobody can tell."""

    words: str
    is_certain: bool


def more_than(other: Identity, own: Identity, within: Grants | None = None) -> More | None:
    """Return what taking `other` over would add to `own`; None where it adds no credentials, data or rights."""
    if other.unknown:
        return More(f"what {other} may do is not known: {other.unknown[0]}", is_certain=False)
    theirs = within or other.grants
    verdict = is_contained(Grants((*theirs.layers, _worthwhile()), theirs.denies), own.grants)
    if verdict.is_proven:
        return None
    if verdict.witness is None:
        return More(f"it cannot be told whether {other} may do more: {verdict.reason}", is_certain=False)
    return More(f"{verdict.witness.action} on {verdict.witness.resource}", is_certain=True)


def without_boundary(identity: Identity) -> Grants:
    """Return what an identity may do once its boundary is gone."""
    return grants_of(identity.policies)


@functools.cache
def worthwhile_actions() -> tuple[str, ...]:
    """Return the actions that make an identity worth taking over."""
    management = (
        action.text
        for prefix in ("iam", "organizations", "sso", "kms", "s3", "secretsmanager", "lambda")
        if (service := catalogue().service(prefix))
        for action in service.actions.values()
        if AccessLevel.PERMISSIONS in action.levels
    )
    paths = (action for path in ALL_PATHS for action in (path.first, *(one for needed in path.also for one in needed)))
    return tuple(sorted({*CREDENTIALS, *DATA, *management, *paths}))


@functools.cache
def _worthwhile() -> tuple[Scope, ...]:
    statement = {"Effect": "Allow", "Action": list(worthwhile_actions()), "Resource": "*"}
    return scopes_of([parse_policy_value({"Version": "2012-10-17", "Statement": [statement]}, "worthwhile actions")])


@functools.cache
def stranger(action: str) -> tuple[str, ...]:
    """Return ARNs of resources of an action that nobody has named: granting it there is granting it anywhere.

    "*?" is some text inside its part; a bare star before a colon would reach over it.
    """
    known = catalogue().action(action)
    meant = TAKEN.get(action)
    types = _required_first(known) if known else []
    return _strangers(action.partition(":")[0], tuple([name for name in types if meant is None or name in meant]))


def nobodys(identity: Identity, action: str, without: tuple[str, ...] = ()) -> Target:
    """Return the question whether an identity may use an action on a resource that nobody has named, by ARN or tag."""
    return Target((action,), stranger(action), without, untagged(identity, action))


def untagged(identity: Identity, action: str) -> Conditions:
    """Return what is true of a resource without the tags that policies name; nothing where the identity sets tags."""
    keys = identity.naming_keys
    if not keys or identity.allowed.among(_tagging(action)):
        return ()
    return tuple([("Null", key, "true") for key in keys])


@functools.cache
def _tagging(action: str) -> tuple[str, ...]:
    """Return the actions that put tags on the resources of an action, which may be of another service."""
    services = {action.partition(":")[0], *(arn.split(":")[2] for arn in stranger(action) if arn != "*")}
    known = [service for prefix in sorted(services) if (service := catalogue().service(prefix))]
    actions = (one for service in known for one in service.actions.values())
    return tuple([one.text for one in actions if AccessLevel.TAGGING in one.levels])


@functools.cache
def _strangers(service: str, types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the same by the types of resources, of which a service has few."""
    owner = catalogue().service(service)
    known = [owner.resource_types[name] for name in types if name in owner.resource_types] if owner else []
    return tuple(_named(pattern) for type_ in known for pattern in type_.patterns) or ("*",)


def _required_first(action: Action) -> list[str]:
    """Return the types of an action; what it cannot do without makes the plainer example."""
    return [use.resource_type for use in sorted(action.resources, key=lambda use: not use.is_required)]


def _named(pattern: str) -> str:
    *parts, last = pattern.split(":", 5)
    name = last.replace("*", _STRANGER)
    return ":".join((*("*?" if part == "*" else part for part in parts), name))
