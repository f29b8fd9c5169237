"""What resources of a plan let in without a policy of their own, as the statement that AWS makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studyctl.domain.policy.documents import CURRENT_VERSION
from studyctl.domain.policy.graph.resources import Json, Plan, PlannedResource


@dataclass(frozen=True, slots=True)
class Permission:
    """A policy that nobody wrote down. `service` is that of what it stands on; it is empty where that has a policy."""

    resource: PlannedResource
    policy: Json
    service: str = ""


def permissions(plan: Plan) -> Iterator[Permission]:
    """Yield what lets somebody use a function, a layer or a key."""
    for one in plan.of("aws_lambda_permission"):
        allowed = _allowed(one.text("principal"), (one.text("action"),), _asked_of_function(one))
        yield Permission(one, allowed, "lambda")
    for one in plan.of("aws_lambda_layer_version_permission"):
        of_organisation = _given(one, {"organization_id": "aws:PrincipalOrgID"})
        yield Permission(one, _allowed(one.text("principal"), (one.text("action"),), of_organisation), "lambda")
    for one in plan.of("aws_lambda_function_url"):
        if one.text("authorization_type") == "NONE":
            no_sign = {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
            yield Permission(one, _allowed("*", ("lambda:InvokeFunctionUrl",), no_sign), "lambda")
    for one in plan.of("aws_kms_grant"):
        operations = one.values.get("operations")
        names = tuple(f"kms:{name}" for name in operations) if isinstance(operations, list) else ()
        if one.text("grantee_principal") and names:
            yield Permission(one, _allowed(one.text("grantee_principal"), names, {}))


def _allowed(principal: str, actions: tuple[str, ...], conditions: Mapping[str, Mapping[str, str]]) -> Json:
    named = "*" if principal == "*" else {"Service" if principal.endswith(".amazonaws.com") else "AWS": principal}
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": named,
        "Action": list(actions),
        "Resource": "*",
    }
    if conditions:
        statement["Condition"] = conditions
    return {"Version": CURRENT_VERSION, "Statement": [statement]}


def _asked_of_function(one: PlannedResource) -> dict[str, dict[str, str]]:
    found = _given(one, {"source_account": "aws:SourceAccount", "principal_org_id": "aws:PrincipalOrgID"})
    if one.has("source_arn"):
        found["ArnLike"] = {"aws:SourceArn": one.text("source_arn") or f"${{{one.address}.source_arn}}"}
    return found


def _given(one: PlannedResource, keys: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the condition on what attributes say; what only the apply will know is named by its address."""
    asked = {
        key: one.text(attribute) or f"${{{one.address}.{attribute}}}"
        for attribute, key in keys.items()
        if one.has(attribute)
    }
    return {"StringEquals": asked} if asked else {}
