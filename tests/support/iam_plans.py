"""Plans of one role, its queue and its key, for what is asked of roles: by the statements of its policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.policy_cases import ACCOUNT, plan_of

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
OBJECTS = "arn:aws:s3:::data/*"
TRUST = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]
SEND = {"Sid": "Send", "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueAttributes"], "Resource": QUEUE}
SHELL = {"Sid": "Shell", "Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}
READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}


def plan_with(
    *statements: Mapping[str, Any], has_exec: bool = False, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the plan in which a role of the name "sender" holds some statements; `more` are resources beside it."""
    return plan_of(
        {
            "$environment": {"name": "dev", "project": "study"},
            "$variables": {"cluster": {"has_exec": has_exec}},
            "data.aws_region.current": {"region": "us-east-1"},
            "aws_iam_role.sender": {"name": "sender", "assume_role_policy": TRUST},
            "aws_iam_role_policy.sender": {"role": "sender", "policy": list(statements)},
            'aws_sqs_queue.all["jobs"]': {"arn": QUEUE},
            'aws_kms_key.all["one"]': {"arn": KEY},
            **(more or {}),
        }
    )
