"""S3: bucket policies that do not lock everybody out, and configurations that come back as they were sent.

- `Bool` conditions count as true, so a policy that denies what is not TLS denies everything.
- `GetBucketReplication` returns neither the filter, nor encryption, nor delete markers: a perpetual diff.
- `GetBucketNotificationConfiguration` drops EventBridge: a perpetual diff.

Nothing is ever replicated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.responses import S3Response

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("s3")

# what moto evaluates; a denial that hangs on anything else is not applied
_EVALUATED_OPERATORS = frozenset({"StringEquals"})


@EXTENSION.mend(IAMPolicyStatement, "is_action_permitted")
def is_action_permitted(
    original: Callable[..., PermissionResult], statement: IAMPolicyStatement, *arguments: Any, **fields: Any
) -> PermissionResult:
    """A statement whose conditions cannot be judged here neither denies nor allows."""
    conditions = statement._statement.get("Condition") or {}
    if set(conditions) - _EVALUATED_OPERATORS:
        return PermissionResult.NEUTRAL
    return original(statement, *arguments, **fields)


@EXTENSION.mend(S3Response, "get_bucket_replication")
def get_bucket_replication(original: Callable[[S3Response], Any], response: S3Response) -> Any:
    """Say every rule as it was sent."""
    replication = response.backend.get_bucket_replication(response.bucket_name)
    if not replication:
        return original(response)
    response.data["Action"] = "GetBucketReplication"
    rules = [
        {**rule, "Priority": int(rule.get("Priority") or 0), "Filter": rule.get("Filter") or {"Prefix": ""}}
        for rule in replication["Rule"]
    ]
    return response.serialized(
        ActionResult({"ReplicationConfiguration": {"Role": replication["Role"], "Rules": rules}})
    )


@EXTENSION.mend(S3Response, "get_bucket_notification")
def get_bucket_notification(original: Callable[[S3Response], Any], response: S3Response) -> Any:
    """Say that EventBridge hears of the bucket."""
    answer = original(response)
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if configuration is None or configuration.event_bridge is None:
        return answer
    status, headers, body = answer
    return status, headers, _with_event_bridge(body)


def _with_event_bridge(body: str | bytes) -> str:
    text = body.decode() if isinstance(body, bytes) else body
    element, end = "<EventBridgeConfiguration></EventBridgeConfiguration>", "</NotificationConfiguration>"
    if end in text:
        return text.replace(end, element + end)
    # an empty configuration is one element that ends itself
    return text.replace("/>", f">{element}{end}", 1)
