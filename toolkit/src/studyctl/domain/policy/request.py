"""Who asks for what: a request as AWS sees it when it decides.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "AWS global condition context keys".
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case with their values."""
ANONYMOUS = "*"
_ARN = re.compile(r"arn:([^:]+):(iam|sts)::(\d*|[^:]*):(.+)\Z")
_ACCOUNT = re.compile(r"\d{12}\Z")


class CallerKind(enum.Enum):
    """What sort of principal makes a request."""

    ROOT = "Account"
    USER = "User"
    ROLE = "AssumedRole"
    FEDERATED_USER = "FederatedUser"
    SERVICE = "AWSService"
    FEDERATED = "Federated"
    ANONYMOUS = "Anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal. `name` is its ARN, a service's name, an identity provider, or "*" for nobody in particular.

    For a role, `name` may be the role's ARN or that of one of its sessions; a session's ARN does not tell the role's
    path, so a role with a path needs `role_arn` too.
    """

    name: str
    kind: CallerKind
    account: str = ""
    role_arn: str = ""
    is_service_linked: bool = False

    @classmethod
    def of(cls, name: str, role_arn: str = "", *, is_service_linked: bool = False) -> Caller:
        """Return the caller that a name describes."""
        if _ACCOUNT.match(name):
            return cls(f"arn:aws:iam::{name}:root", CallerKind.ROOT, name)
        arn = _ARN.match(name)
        if arn is None:
            return cls(name, _kind_of_name(name))
        partition, _, account, rest = arn.groups()
        sort, _, path = rest.partition("/")
        kind = _KINDS.get(sort, CallerKind.USER)
        stem = f"arn:{partition}:iam::{account}"
        roles = {
            "assumed-role": f"{stem}:role/{path.partition('/')[0]}",
            "role": name,
            "federated-user": f"{stem}:user/{path}",
        }
        linked = is_service_linked or (sort == "role" and path.startswith("aws-service-role/"))
        return cls(name, kind, account, role_arn or roles.get(sort, ""), linked)

    @property
    def principal_arn(self) -> str:
        """Return what aws:PrincipalArn holds: a role's ARN for its sessions."""
        return self.role_arn if self.kind is CallerKind.ROLE and self.role_arn else self.name

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return the names by which a Principal element may mean it, each with the element's key."""
        if self.kind is CallerKind.ANONYMOUS:
            return (ANONYMOUS,)
        if self.kind is CallerKind.SERVICE:
            return (f"Service:{self.name}",)
        if self.kind is CallerKind.FEDERATED:
            return (f"Federated:{self.name}",)
        return tuple(dict.fromkeys((f"AWS:{self.name}", f"AWS:{self.role_arn or self.name}")))

    @property
    def context(self) -> Context:
        """Return the condition keys that follow from who it is."""
        if self.kind is CallerKind.ANONYMOUS:
            return {"aws:principaltype": ("Anonymous",)}
        if self.kind is CallerKind.SERVICE:
            return {"aws:principalservicename": (self.name,), "aws:principalisawsservice": ("true",)}
        if self.kind is CallerKind.FEDERATED:
            return {"aws:federatedprovider": (self.name,)}
        keys = {
            "aws:principalarn": (self.principal_arn,),
            "aws:principalaccount": (self.account,),
            "aws:principaltype": (self.kind.value,),
            "aws:principalisawsservice": ("false",),
        }
        if self.kind is CallerKind.USER:
            keys["aws:username"] = (self.name.rpartition("/")[2],)
        return keys


@dataclass(frozen=True)
class Request:
    """One call. What the caller implies is added to the context, unless the context says otherwise.

    `resource_account` is needed where the ARN does not tell it, as that of an S3 bucket; without, it is the caller's.
    """

    caller: Caller
    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    resource_account: str = ""

    def __post_init__(self) -> None:
        given = {key.lower(): tuple(values) for key, values in self.context.items()}
        implied = {**self.caller.context, "aws:resourceaccount": (self.owner,)}
        object.__setattr__(self, "context", {**{k: v for k, v in implied.items() if v != ("",)}, **given})

    @property
    def owner(self) -> str:
        """Return the account that the resource belongs to."""
        parts = self.resource.split(":", 5)
        in_arn = parts[4] if len(parts) > 5 and _ACCOUNT.match(parts[4]) else ""  # noqa: PLR2004
        return self.resource_account or in_arn or self.caller.account

    def lookup(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a condition key in lower case, None where it is missing."""
        return self.context.get(key)


_KINDS = {
    "root": CallerKind.ROOT,
    "assumed-role": CallerKind.ROLE,
    "role": CallerKind.ROLE,
    "federated-user": CallerKind.FEDERATED_USER,
    "saml-provider": CallerKind.FEDERATED,
    "oidc-provider": CallerKind.FEDERATED,
}
_PROVIDERS = frozenset({"www.amazon.com", "cognito-identity.amazonaws.com"})
_SERVICE_ENDINGS = (".amazonaws.com", ".amazonaws.com.cn", ".aws.internal", ".amazon.com")


def _kind_of_name(name: str) -> CallerKind:
    if name == ANONYMOUS:
        return CallerKind.ANONYMOUS
    is_service = name.endswith(_SERVICE_ENDINGS) and name not in _PROVIDERS
    return CallerKind.SERVICE if is_service else CallerKind.FEDERATED
