"""A large plan as terraform shows it: workloads, each with a role and its policies, a task, a queue and a bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

ACCOUNT = "123456789012"
WORKLOAD = 10
"""Resources of one workload."""


def plan(resources: int) -> dict[str, Any]:
    """Return the JSON of a plan that makes so many resources."""
    planned = [one for number in range(resources // WORKLOAD) for one in _workload(number)]
    changes = [
        {"address": one["address"], "change": {"actions": ["create"], "after": one["values"], "after_unknown": {}}}
        for one in planned
    ]
    blocks = {one["address"].partition("[")[0]: one for one in planned}
    caller = {"address": "data.aws_caller_identity.current", "mode": "data", "type": "aws_caller_identity"}
    caller |= {"name": "current", "values": {"account_id": ACCOUNT}}  # type: ignore[dict-item]
    return {
        "format_version": "1.2",
        "variables": {},
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "prior_state": {"values": {"root_module": {"resources": [caller]}}},
        "configuration": {
            "root_module": {
                "resources": [
                    {"address": address, "mode": "managed", "type": one["type"], "name": one["name"], "expressions": {}}
                    for address, one in blocks.items()
                ]
            }
        },
    }


def _workload(number: int) -> Iterator[dict[str, Any]]:
    name = f"workload-{number}"
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    bucket, role = f"arn:aws:s3:::{name}-data", f"arn:aws:iam::{ACCOUNT}:role/{name}"
    table, group = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}", f"/app/{name}"
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    trusted = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    denied = _allow("*", [bucket, f"{bucket}/*"], Effect="Deny", Principal="*", Condition=tls)
    yield _planned("aws_iam_role", name, arn=role, assume_role_policy=_policy(_trust(trusted)))
    yield _planned("aws_iam_role_policy", name, role=name, policy=_policy(
        _allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue),
        _allow(["s3:GetObject", "s3:PutObject"], f"{bucket}/incoming/*"),
    ))  # fmt: skip
    yield _planned("aws_iam_policy", name, arn=f"arn:aws:iam::{ACCOUNT}:policy/{name}", policy=_policy(
        _allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], table),
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*"),
    ))  # fmt: skip
    attached = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    yield _planned("aws_iam_role_policy_attachment", name, role=name, policy_arn=attached)
    yield _planned("aws_ecs_task_definition", name, arn=f"{role}-task:1", task_role_arn=role, execution_role_arn=role)
    yield _planned("aws_sqs_queue", name, arn=queue, sqs_managed_sse_enabled=True)
    yield _planned("aws_s3_bucket", name, arn=bucket, bucket=f"{name}-data")
    yield _planned("aws_s3_bucket_policy", name, bucket=f"{name}-data", policy=_policy(denied))
    yield _planned("aws_dynamodb_table", name, arn=table, hash_key="id")
    yield _planned("aws_cloudwatch_log_group", name, retention_in_days=30)


def _planned(type_: str, resource: str, **values: Any) -> dict[str, Any]:
    content = {"name": resource, "tags_all": {"Name": resource, "Team": "bench"}, **values}
    address = f'{type_}.main["{resource}"]'
    entry = {"address": address, "mode": "managed", "type": type_, "name": "main", "index": resource}
    return {**entry, "values": content}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _allow(actions: str | list[str], resources: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _trust(condition: dict[str, Any]) -> dict[str, Any]:
    principal = {"Service": "ecs-tasks.amazonaws.com"}
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}
