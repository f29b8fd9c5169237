"""CloudFront: policies, published functions, and distributions that come back as they were sent.

- Absent: `Create|Get|Update|DeleteCachePolicy`, `GetCachePolicyConfig`, `ListCachePolicies`, and the same of
  `OriginRequestPolicy` and `ResponseHeadersPolicy`; `PublishFunction`, `UpdateFunction`.
- A distribution loses origin access control, function associations, certificate and more: perpetual diffs, and a
  provider that crashes on a field which AWS always sends.

Nothing is ever served. AWS-managed policies are known by the ids that AWS documents.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudfront import models, urls
from moto.cloudfront.models import CloudFrontBackend, Distribution
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("cloudfront")


def _new_etag() -> str:
    return f"E{uuid.uuid4().hex[:13].upper()}"


# --- policies


@dataclass
class Policy:
    """A cache, origin-request or response-headers policy: its configuration is what was sent."""

    id: str
    config: dict[str, Any]
    etag: str
    modified_at: datetime
    kind: str = "custom"


@dataclass(frozen=True)
class PolicyKind:
    """The three kinds differ in their names, and in which of their policies AWS manages."""

    name: str
    path: str
    operation: str
    operation_plural: str
    managed: dict[str, str]

    @property
    def shelf(self) -> Shelf[Policy]:
        """Where the policies of this kind lie."""
        return Shelf(self.operation)

    def policies(self, response: CloudFrontResponse) -> dict[str, Policy]:
        """All policies of this kind, by id; those of AWS are there from the start."""
        policies = self.shelf.of(response.backend)
        if not policies:
            for name, identifier in self.managed.items():
                policies[identifier] = Policy(identifier, {"Name": name}, _new_etag(), utcnow(), "managed")
        return policies

    def find(self, response: CloudFrontResponse) -> Policy:
        """The policy of the request.

        Raises:
            AwsError: there is none.
        """
        policy = self.policies(response).get(response._get_param("Id"))
        if policy is None:
            raise AwsError(f"NoSuch{self.name}", f"The specified {self.name} does not exist.")
        return policy

    def summary(self, policy: Policy) -> dict[str, Any]:
        """What every answer holds of a policy."""
        return {
            self.name: {
                "Id": policy.id,
                "LastModifiedTime": policy.modified_at,
                f"{self.name}Config": policy.config,
            },
            "ETag": policy.etag,
            "Location": f"https://cloudfront.amazonaws.com/2020-05-31/{self.path}/{policy.id}",
        }


POLICY_KINDS = (
    PolicyKind(
        "CachePolicy",
        "cache-policy",
        "cache_policy",
        "cache_policies",
        {
            "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    ),
    PolicyKind(
        "OriginRequestPolicy",
        "origin-request-policy",
        "origin_request_policy",
        "origin_request_policies",
        {
            "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3",
            "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
            "Managed-CORS-S3Origin": "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
        },
    ),
    PolicyKind(
        "ResponseHeadersPolicy",
        "response-headers-policy",
        "response_headers_policy",
        "response_headers_policies",
        {"Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03"},
    ),
)


def _add_policy_operations(kind: PolicyKind) -> None:
    def create(response: CloudFrontResponse) -> ActionResult:
        config = response._get_params()[f"{kind.name}Config"]
        policy = Policy(str(uuid.uuid4()), config, _new_etag(), utcnow())
        kind.policies(response)[policy.id] = policy
        return ActionResult(kind.summary(policy))

    def get(response: CloudFrontResponse) -> ActionResult:
        return ActionResult(kind.summary(kind.find(response)))

    def get_config(response: CloudFrontResponse) -> ActionResult:
        policy = kind.find(response)
        return ActionResult({f"{kind.name}Config": policy.config, "ETag": policy.etag})

    def update(response: CloudFrontResponse) -> ActionResult:
        policy = kind.find(response)
        policy.config = response._get_params()[f"{kind.name}Config"]
        policy.etag, policy.modified_at = _new_etag(), utcnow()
        return ActionResult(kind.summary(policy))

    def delete(response: CloudFrontResponse) -> ActionResult:
        del kind.policies(response)[kind.find(response).id]
        return EmptyResult()

    def list_all(response: CloudFrontResponse) -> ActionResult:
        wanted = response._get_param("Type")
        policies = [policy for policy in kind.policies(response).values() if wanted in (None, policy.kind)]
        items = [{"Type": policy.kind, kind.name: kind.summary(policy)[kind.name]} for policy in policies]
        return ActionResult({f"{kind.name}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}})

    named = {
        f"create_{kind.operation}": create,
        f"get_{kind.operation}": get,
        f"get_{kind.operation}_config": get_config,
        f"update_{kind.operation}": update,
        f"delete_{kind.operation}": delete,
        f"list_{kind.operation_plural}": list_all,
    }
    for name, function in named.items():
        function.__name__ = name
        EXTENSION.operation(CloudFrontResponse)(function)
    for path in ("$", "/(?P<policy_id>[^/]+)$", "/(?P<policy_id>[^/]+)/config$"):
        EXTENSION.route(urls.url_paths, f"{{0}}/2020-05-31/{kind.path}{path}", CloudFrontResponse.dispatch)


for _kind in POLICY_KINDS:
    _add_policy_operations(_kind)


# --- functions


EXTENSION.route(
    urls.url_paths, "{0}/2020-05-31/function/(?P<function_name>[^/]+)/publish$", CloudFrontResponse.dispatch
)


@EXTENSION.operation(CloudFrontResponse)
def publish_function(response: CloudFrontResponse) -> ActionResult:
    """Make the code live at once."""
    function = response.backend.describe_function(response._get_param("Name"))
    function.stage, function.status = "LIVE", "DEPLOYED"
    return ActionResult({"FunctionSummary": function.function_summary})


@EXTENSION.operation(CloudFrontResponse)
def update_function(response: CloudFrontResponse) -> ActionResult:
    """Replace code and configuration."""
    function = response.backend.describe_function(response._get_param("Name"))
    function.config = response._get_param("FunctionConfig", {})
    function.code = response._get_param("FunctionCode")
    function.etag, function.last_modified_time = _new_etag(), utcnow()
    function.stage, function.status = "DEVELOPMENT", "UNPUBLISHED"
    return ActionResult({"FunctionSummary": function.function_summary, "ETag": function.etag})


# --- distributions


class SubmittedConfig(dict[str, Any]):
    """A distribution's configuration as it was sent, with what AWS fills in. moto also reads it by attribute."""

    @property
    def caller_reference(self) -> str:
        """By which moto finds a distribution that was asked for twice."""
        return str(self["CallerReference"])

    def __getattr__(self, name: str) -> Any:
        """A field of the configuration."""
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


_NONE: dict[str, Any] = {"Quantity": 0}

_CONFIG_DEFAULTS: dict[str, Any] = {
    "Aliases": _NONE,
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Comment": "",
    "DefaultRootObject": "",
    "WebACLId": "",
    "Staging": False,
    "ContinuousDeploymentPolicyId": "",
    "PriceClass": "PriceClass_All",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"},
}

_ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}

_BEHAVIOR_DEFAULTS: dict[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
    "SmoothStreaming": False,
    "Compress": False,
    "GrpcConfig": {"Enabled": False},
}


def _filled(value: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {**copy.deepcopy(defaults), **{name: each for name, each in value.items() if each is not None}}


def submitted(config: dict[str, Any]) -> SubmittedConfig:
    """What AWS answers to a configuration: all that was sent, and a value for all that was not."""
    filled = SubmittedConfig(_filled(config, _CONFIG_DEFAULTS))
    filled["Origins"] = {
        **filled["Origins"],
        "Items": [_filled(origin, _ORIGIN_DEFAULTS) for origin in filled["Origins"]["Items"]],
    }
    filled["DefaultCacheBehavior"] = _filled(filled["DefaultCacheBehavior"], _BEHAVIOR_DEFAULTS)
    behaviors = filled["CacheBehaviors"].get("Items") or []
    if behaviors:
        items = [_filled(behavior, _BEHAVIOR_DEFAULTS) for behavior in behaviors]
        filled["CacheBehaviors"] = {"Quantity": len(items), "Items": items}
    return filled


@EXTENSION.mend(Distribution, "__init__")
def create_distribution(
    original: Callable[..., None],
    distribution: Distribution,
    account_id: str,
    region_name: str,
    config: dict[str, Any],
) -> None:
    """Let moto check the configuration, and keep the one that was sent."""
    sent = copy.deepcopy(config)
    original(distribution, account_id, region_name, config)
    _keep(distribution, sent)


@EXTENSION.mend(CloudFrontBackend, "update_distribution")
def update_distribution(
    original: Callable[..., tuple[Distribution, str, str]],
    backend: CloudFrontBackend,
    dist_config: dict[str, Any],
    **fields: Any,
) -> tuple[Distribution, str, str]:
    """As for a new one, with a new version."""
    sent = copy.deepcopy(dist_config)
    distribution, location, _ = original(backend, dist_config, **fields)
    distribution.etag = models.random_id()
    _keep(distribution, sent)
    return distribution, location, distribution.etag


def _keep(distribution: Distribution, sent: dict[str, Any]) -> None:
    distribution.__dict__["distribution_config"] = submitted(sent)
    distribution.__dict__["last_modified_time"] = utcnow()
