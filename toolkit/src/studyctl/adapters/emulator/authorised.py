"""What a request means to IAM: the actions it needs, and on which resources.

AWS publishes no such table. Most operations are an action of the same name, and most resources can be told from the
request by the shape of their ARN in the action catalogue; what differs is listed here. Sources: Service Authorization
Reference; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.catalogue.model import Action

_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
"""Services that sign with another name than the one policies use."""
_S3 = {
    "CompleteMultipartUpload": ("PutObject",),
    "CopyObject": ("GetObject", "PutObject"),
    "CreateMultipartUpload": ("PutObject",),
    "DeleteBucketCors": ("PutBucketCORS",),
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "DeleteBucketReplication": ("PutReplicationConfiguration",),
    "DeleteBucketTagging": ("PutBucketTagging",),
    "DeleteObjects": ("DeleteObject",),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
    "GetBucketCors": ("GetBucketCORS",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
    "GetBucketNotificationConfiguration": ("GetBucketNotification",),
    "GetBucketReplication": ("GetReplicationConfiguration",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "HeadBucket": ("ListBucket",),
    "HeadObject": ("GetObject",),
    "ListBuckets": ("ListAllMyBuckets",),
    "ListMultipartUploads": ("ListBucketMultipartUploads",),
    "ListObjectVersions": ("ListBucketVersions",),
    "ListObjects": ("ListBucket",),
    "ListObjectsV2": ("ListBucket",),
    "ListParts": ("ListMultipartUploadParts",),
    "PutBucketCors": ("PutBucketCORS",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
    "PutBucketNotificationConfiguration": ("PutBucketNotification",),
    "PutBucketReplication": ("PutReplicationConfiguration",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "UploadPart": ("PutObject",),
}
_OF_A_VERSION = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
}
"""What S3 asks instead where a request names a version. Source: Amazon S3 User Guide, as above."""
_ACTIONS = {
    **{f"s3:{operation}": tuple(f"s3:{name}" for name in names) for operation, names in _S3.items()},
    "budgets:CreateNotification": ("budgets:ModifyBudget",),
    "budgets:CreateBudget": ("budgets:ModifyBudget",),
    "budgets:DeleteBudget": ("budgets:ModifyBudget",),
    "budgets:DescribeBudget": ("budgets:ViewBudget",),
    "budgets:DescribeNotificationsForBudget": ("budgets:ViewBudget",),
    "budgets:DescribeSubscribersForNotification": ("budgets:ViewBudget",),
    "budgets:UpdateBudget": ("budgets:ModifyBudget",),
    "cloudfront:CreateDistributionWithTags": ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
}
_NAMES = {
    "accountid": ("accountid",),
    "alias": ("aliasname",),
    "alarmname": ("alarmname", "alarmnames"),
    "bucketname": ("bucket",),
    "objectname": ("key",),
    "queuename": ("queuename", "queueurl"),
    "cacheclusterid": ("cacheclusterid",),
    "clustername": ("cluster", "clustername", "clusters"),
    "servicename": ("service", "services", "servicename"),
    "dbinstancename": ("dbinstanceidentifier",),
    "dbsnapshotname": ("dbsnapshotidentifier",),
    "parametergroupname": ("dbparametergroupname", "parametergroupname"),
    "cacheparametergroupname": ("cacheparametergroupname",),
    "subnetgroupname": ("dbsubnetgroupname",),
    "backupplanid": ("backupplanid",),
    "groupfriendlyname": ("autoscalinggroupname", "autoscalinggroupnames"),
    "deliverystreamname": ("deliverystreamname",),
    "parameternamewithoutleadingslash": ("name", "names", "resourceid"),
    "repositoryname": ("repositoryname", "repositorynames"),
    "rolenamewithpath": ("rolename",),
    "rolename": ("rolename",),
    "instanceprofilenamewithpath": ("instanceprofilename",),
    "policynamewithpath": ("policyname",),
    "secretid": ("secretid", "name"),
    "topicname": ("name",),
    "targetgroupname": ("name",),
    "taskdefinitionfamilyname": ("family",),
    "taskid": ("task", "tasks"),
    "loggroupname": ("loggroupname", "loggroupnameprefix"),
    "subscriptionname": ("subscriptionname",),
    "loadbalancername": ("name",),
    "namespaceid": ("id", "namespaceid"),
    "dashboardname": ("dashboardname", "dashboardnames"),
    "distributionid": ("id",),
    "deliverysourcename": ("name", "deliverysourcename"),
    "deliverydestinationname": ("name", "deliverydestinationname"),
    "keyid": ("keyid", "targetkeyid"),
    "id": ("id", "hostedzoneid", "resourceid"),
    "budgetname": ("budgetname",),
    "resourceid": (),  # of a scalable target: AWS's own id, where requests say ResourceId to what is scaled
}
"""How requests call what an ARN has a variable for, both lower-case; nothing where they never tell it."""
_WHOLE = {"loggroupname"}
"""Names whose leading slash is part of the ARN."""
_TYPES = {
    "s3": ("bucket", "object"),
    "ssm": ("parameter",),
    "rds:CreateDBInstanceReadReplica": ("db",),
}
"""Of services or actions with many types, those of which a request can be; the names of the others are told in the same
words, or are those of the primary that a replica is made of."""
_OF_EVERY = {"cloudfront:TagResource": "distribution", "rds:DescribeDBInstances": "db"}
"""What is asked of every one of a type where the request names none: AWS refuses it on `...:db:*`."""
_FIELD = re.compile(r"\$\{([A-Za-z0-9]+)\}")
_PASSED = re.compile(r"(?:role(?:arn)?|deliverlogspermissionarn)$", re.IGNORECASE)
_ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
_DEPTH = 6


@dataclass(frozen=True)
class Need:
    """An action that a request needs, on one resource; `*` where the action takes none."""

    action: str
    resource: str = "*"


def needs_of(service: str, region: str, account: str, operation: str, params: Mapping[str, Any]) -> tuple[Need, ...]:
    """Return what a request needs. A part of an ARN that only the answer will tell, such as a new id, is `*`."""
    prefix = _PREFIXES.get(service, service)
    facts = {"partition": "aws", "region": region, "account": account}
    found: dict[Need, None] = {}
    for text in _names(f"{prefix}:{operation}", params):
        action = catalogue().action(text)
        if action is None:
            found[Need(text)] = None
            continue
        arns = tuple(_arns(action, facts, params)) if action.is_restrictable else ("*",)
        found.update(dict.fromkeys(Need(action.text, arn) for arn in arns or ("*",)))
        if action.is_write and action.service != "iam":
            found.update(dict.fromkeys(Need("iam:PassRole", role) for role in _roles(params)))
    return tuple(found)


def _names(operation: str, params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the actions of an operation; of S3's, those for whether it names versions, or does for some of its keys."""
    asked = params.get("Delete", {}).get("Objects") if operation == "s3:DeleteObjects" else None
    for text in _ACTIONS.get(operation, (operation,)):
        for has_version in sorted({bool(each.get("VersionId")) for each in asked or (params,)}):
            yield _OF_A_VERSION.get(text, text) if has_version else text


def _arns(action: Action, facts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the resources of a request: ARNs it names, else those that its names make."""
    named = [text for text in _texts(params) if text.startswith("arn:")]
    types = _types(action, params)
    for use, kind in zip(action.resources, catalogue().resource_types(action), strict=False):
        if kind.name not in types:
            continue
        tests = [re.compile(_tested(arn)) for arn in kind.arns]
        given = [text for text in named if any(test.fullmatch(text) for test in tests)]
        if given:
            yield from given
            continue
        made = [arn for template in kind.arns for arn in _filled(template, facts, params)]
        told = [arn for arn, is_told in made if is_told]
        if told:
            yield from told
        elif use.is_required or kind.name == _OF_EVERY.get(action.text):
            yield from (arn for arn, _ in made)


def _types(action: Action, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the types that a request can be about; Route 53's say which."""
    known = tuple(kind.name for kind in catalogue().resource_types(action))
    if (said := params.get("ResourceType")) in known:
        return (str(said),)
    return _TYPES.get(action.text, _TYPES.get(action.service, known))


def _tested(template: str) -> str:
    parts = _FIELD.split(template)
    return "".join(re.escape(part) if number % 2 == 0 else ".+" for number, part in enumerate(parts))


def _filled(template: str, facts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield a template filled in, for each value of its last variable, and whether the request told any of them."""
    variables = [name for name in _FIELD.findall(template) if name.lower() not in facts]
    values = {name: _values(name, params) for name in variables}
    last = variables[-1] if variables else ""
    for value in values.get(last) or ("*",):
        filling = {**{name: (found or ("*",))[0] for name, found in values.items()}, last: value}

        def fill(match: re.Match[str], filling: Mapping[str, str] = filling) -> str:
            name = match[1]
            return facts[name.lower()] if name.lower() in facts else filling[name]

        yield _FIELD.sub(fill, template), any(values.values())


def _values(variable: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    folded = variable.lower()
    wanted = _NAMES.get(folded, (folded, f"{folded}s"))
    nested = [value for value in params.values() if isinstance(value, Mapping)]
    for level in (params, *nested):
        for name, value in level.items():
            if name.lower() in wanted:
                items = value if isinstance(value, list) else [value]
                plain = str if folded in _WHOLE else _plain
                return tuple(plain(item) for item in items if isinstance(item, str) and item)
    return ()


def _plain(text: str) -> str:
    """Take the name out of a queue's URL, an alias, a path or an ARN."""
    if text.startswith(("http://", "https://", "arn:aws:ecs:")):
        return text.rpartition("/")[2]
    return text.removeprefix("alias/").lstrip("/")


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEPTH:
        children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
        for child in children:
            yield from _texts(child, depth + 1)


def _roles(value: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the roles that a request hands to a service."""
    if isinstance(value, str):
        if _PASSED.search(name) and _ROLE.fullmatch(value):
            yield value
    elif depth < _DEPTH:
        pairs = (
            value.items()
            if isinstance(value, Mapping)
            else ((name, one) for one in value)
            if isinstance(value, list)
            else ()
        )
        for key, child in pairs:
            yield from _roles(child, str(key), depth + 1)
