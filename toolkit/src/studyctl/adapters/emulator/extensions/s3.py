"""S3: bucket policies that do not lock everybody out, and configurations that come back as they were sent.

- Conditions of a bucket policy are never met, and an unmet one denies even in an `Allow`; a service principal counts as
  everybody: a policy that denies what is not TLS, or admits log delivery, locks everybody out.
- `PutBucketLogging` crashes on a statement for everybody, and knows three spellings of the log bucket's resource.
- `GetBucketReplication` returns neither the filter, nor encryption, nor delete markers: a perpetual diff.
- `DeleteObjects` crashes on a key that has a delete marker, so a bucket that was used cannot be emptied.
- `GetBucketNotificationConfiguration` drops EventBridge: a perpetual diff.
- `ListObjectVersions` copies all versions of a bucket with their contents for each page: to empty one took an hour.
- Where the last version of a page is deleted meanwhile, its next page is empty: whoever empties a bucket page by page
  got rid of one page, and began again for the next one.

Nothing is ever replicated.
"""

from __future__ import annotations

import fnmatch
import inspect
import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("s3")

LOGGING_SERVICE = "logging.s3.amazonaws.com"


def _dispose(_marker: FakeDeleteMarker) -> None:
    """A key gives its bytes back; a marker has none."""


EXTENSION.attribute(FakeDeleteMarker, "dispose", _dispose)


class _ListedKey(FakeKey):
    """A key as a listing has it: its content is that of the original, which alone may close it."""

    def dispose(self, garbage: bool = False) -> None:
        """Keep the content."""


def _as_listed(version: FakeKey | FakeDeleteMarker, _memo: object) -> FakeKey | FakeDeleteMarker:
    """A listing writes into its copy whether it is the latest of its key, and only reads what else it holds."""
    kind: type[FakeKey | FakeDeleteMarker] = _ListedKey if isinstance(version, FakeKey) else FakeDeleteMarker
    listed = object.__new__(kind)
    listed.__dict__.update(version.__dict__)
    return listed


EXTENSION.attribute(FakeKey, "__deepcopy__", _as_listed)
EXTENSION.attribute(FakeDeleteMarker, "__deepcopy__", _as_listed)


@EXTENSION.mend(IAMPolicyStatement, "is_action_permitted")
def is_action_permitted(
    original: Callable[..., PermissionResult],
    statement: IAMPolicyStatement,
    *asked: Any,
    **fields: Any,
) -> PermissionResult:
    """A statement for a service, or with a condition about which nothing is known, decides nothing."""
    document: dict[str, Any] = statement._statement
    stated = document.get("Principal")
    is_for_services = isinstance(stated, dict) and "Service" in stated and "AWS" not in stated
    known = inspect.signature(original).bind(statement, *asked, **fields).arguments.get("incoming_condition_values")
    if known is None and (is_for_services or document.get("Condition")):
        return PermissionResult.NEUTRAL
    return original(statement, *asked, **fields)


@EXTENSION.mend(FakeBucket, "_log_permissions_enabled_policy")
def may_be_logged_to(_: Callable[..., bool], target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether a statement lets the logging service write below the prefix."""
    if not target_bucket.policy:
        return False
    key = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}x"
    return any(
        statement["Effect"] == "Allow"
        and isinstance(statement.get("Principal"), dict)
        and LOGGING_SERVICE in _as_list(statement["Principal"].get("Service"))
        and "s3:PutObject" in _as_list(statement.get("Action"))
        and any(fnmatch.fnmatchcase(key, pattern) for pattern in _as_list(statement.get("Resource")))
        for statement in _as_list(json.loads(target_bucket.policy)["Statement"])
    )


@EXTENSION.mend(S3Backend, "list_object_versions")
def list_object_versions(original: Callable[..., Any], backend: S3Backend, *asked: Any, **fields: Any) -> Any:
    """Go on after a version that is gone by now as after the last one before it that is there."""
    bound = inspect.signature(original).bind(backend, *asked, **fields)
    given = bound.arguments
    name, version_id = given.get("key_marker"), given.get("version_id_marker")
    if name and version_id:
        versions = [each for _, kept in backend.get_bucket(given["bucket_name"]).keys.iterlists() for each in kept]
        if not any(each.name == name and each.version_id == version_id for each in versions):
            earlier = [each for each in versions if each.name < name]
            last = max(earlier, key=lambda each: (each.name, -each.last_modified.timestamp()), default=None)
            given["key_marker"] = last.name if last else None
            given["version_id_marker"] = last.version_id if last else None
    return original(*bound.args, **bound.kwargs)


def _as_list(value: Any) -> list[Any]:
    """IAM documents say one of something without a list."""
    return value if isinstance(value, list) else [value]


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
