"""Who can do anything, after everything that denies and limits: asked of what is granted, not read from the text."""

from __future__ import annotations

import functools

from studyctl.domain.policy.graph.reach import can
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.rules.escalation.power import AMAZONS, nobodys

RULES_OVER_PEOPLE = (
    "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy",
    "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:PutGroupPolicy",
)  # fmt: skip
"""One of these, on anybody, is enough to take everything else."""
UNRELATED = (
    "s3:DeleteObject",
    "ec2:TerminateInstances",
    "kms:ScheduleKeyDeletion",
    "rds:DeleteDBInstance",
    "sqs:PurgeQueue",
)
MOST = 3
"""Unrelated services that an administrator rules too; whoever rules IAM alone escalates instead."""


@functools.lru_cache(maxsize=1024)
def is_administrator(identity: Identity) -> bool:
    """Whether an identity rules over everybody's permissions and over most of the rest."""
    over_people = any(
        can(identity, nobodys(identity, action, AMAZONS)).is_yes for action in identity.allowed.among(RULES_OVER_PEOPLE)
    )
    if not over_people:
        return False
    return sum(can(identity, nobodys(identity, action)).is_yes for action in UNRELATED) >= MOST
