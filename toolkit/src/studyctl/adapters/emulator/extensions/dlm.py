"""Data Lifecycle Manager: the whole service, which moto does not have.

Operations: `Create|Get|Update|DeleteLifecyclePolicy`, `GetLifecyclePolicies`, `ListTagsForResource`, `TagResource`,
`UntagResource`. No snapshot is ever taken.
"""

from __future__ import annotations

import uuid
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import utcnow

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf


class LifecycleBackend(BaseBackend):
    """The policies of one account and region."""


_backends = BackendDict(LifecycleBackend, "dlm")
_policies: Shelf[dict[str, Any]] = Shelf("lifecycle_policies")

_CHANGEABLE = ("Description", "State", "ExecutionRoleArn", "PolicyDetails")


class LifecycleResponse(BaseResponse):
    """One method an operation; botocore's model of the service routes and serialises."""

    def __init__(self) -> None:
        super().__init__(service_name="dlm")
        self.automated_parameter_parsing = True

    @property
    def policies(self) -> dict[str, dict[str, Any]]:
        """Policies by id."""
        return _policies.of(_backends[self.current_account][self.region])

    def create_lifecycle_policy(self) -> ActionResult:
        """Keep a policy."""
        identifier = f"policy-{uuid.uuid4().hex[:17]}"
        self.policies[identifier] = {
            **{field: self._get_param(field) for field in _CHANGEABLE},
            "PolicyId": identifier,
            "PolicyArn": f"arn:{self.partition}:dlm:{self.region}:{self.current_account}:policy/{identifier}",
            "DateCreated": utcnow(),
            "DateModified": utcnow(),
            "Tags": dict(self._get_param("Tags", {})),
        }
        return ActionResult({"PolicyId": identifier})

    def get_lifecycle_policy(self) -> ActionResult:
        """One policy."""
        return ActionResult({"Policy": self._policy()})

    def get_lifecycle_policies(self) -> ActionResult:
        """All policies."""
        return ActionResult({"Policies": list(self.policies.values())})

    def update_lifecycle_policy(self) -> ActionResult:
        """Change what is given."""
        policy = self._policy()
        for field in _CHANGEABLE:
            value = self._get_param(field)
            if value is not None:
                policy[field] = value
        policy["DateModified"] = utcnow()
        return EmptyResult()

    def delete_lifecycle_policy(self) -> ActionResult:
        """Forget a policy."""
        del self.policies[self._policy()["PolicyId"]]
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """The tags of one policy."""
        return ActionResult({"Tags": self._tagged()["Tags"]})

    def tag_resource(self) -> ActionResult:
        """Add tags."""
        self._tagged()["Tags"].update(self._get_param("Tags", {}))
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Remove tags."""
        tags = self._tagged()["Tags"]
        for key in self._get_param("TagKeys", []):
            tags.pop(key, None)
        return EmptyResult()

    def _policy(self) -> dict[str, Any]:
        identifier = self._get_param("PolicyId")
        if identifier not in self.policies:
            raise AwsError("ResourceNotFoundException", f"Lifecycle policy {identifier} does not exist")
        return self.policies[identifier]

    def _tagged(self) -> dict[str, Any]:
        arn = self._get_param("ResourceArn")
        for policy in self.policies.values():
            if policy["PolicyArn"] == arn:
                return policy
        raise AwsError("ResourceNotFoundException", f"{arn} does not exist")


EXTENSION = Extension("dlm", responses=LifecycleResponse)
