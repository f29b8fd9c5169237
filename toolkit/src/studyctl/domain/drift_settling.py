"""What a refresh finds that is no drift: values that the state never knew, and views of what other resources manage.

terraform writes a resource down when it is made. What is made beside it afterwards (a rule of a security group, a
policy of a role) shows in the resource's own attributes only at the next refresh, as if somebody had changed it. And
AWS tells of empty lists where the state holds nothing.

So what the state has nothing of, and AWS something, is no drift by itself: after a first deploy almost all is so.
Rules of security groups and policies of roles, where it would matter most, are compared with the resources that manage
them, and what is there beside them is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Values = Mapping[str, Any]
Explain = Callable[["Managed", Values, Any], bool]
_EMPTY: tuple[object, ...] = (None, "", [], {})
_ANY_PROTOCOL = "-1"


class Managed:
    """The resources of a state, by type."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._by_type: dict[str, list[Values]] = {}
        values = (document.get("prior_state") or {}).get("values") or {}
        for resource in _resources(values.get("root_module") or {}):
            if resource.get("mode") == "managed":
                self._by_type.setdefault(resource["type"], []).append(resource.get("values") or {})

    def having(self, kind: str, attribute: str, value: object) -> Iterator[Values]:
        """The resources of a type whose attribute has the value."""
        return (values for values in self._by_type.get(kind, ()) if values.get(attribute) == value)


def settled(document: Mapping[str, Any]) -> dict[str, Any]:
    """Terraform's plan JSON with only that left of `resource_drift` which somebody did."""
    managed = Managed(document)
    entries = [_settle(entry, managed) for entry in document.get("resource_drift", ())]
    return {**document, "resource_drift": [entry for entry in entries if _differs(entry["change"])]}


def _differs(change: Mapping[str, Any]) -> bool:
    return bool(change["before"] != change["after"])


def _settle(entry: Mapping[str, Any], managed: Managed) -> dict[str, Any]:
    change = entry["change"]
    before, after = change.get("before"), change.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return dict(entry)
    kind = str(entry.get("type", ""))
    known = {name: _known(before.get(name), value) for name, value in after.items()}
    known |= {
        name: after[name] for name in after if (kind, name) in _NOT_ITS_OWN or _is_twin(managed, kind, name, after)
    }
    for name in after:
        explains = _VIEWS.get((kind, name))
        if explains is not None:
            known[name] = _without_explained(before.get(name) or [], after[name] or [], explains, managed, after)
    return {**entry, "change": {**change, "before": {**before, **known}}}


def _known(before: Any, after: Any) -> Any:
    """What the state said, with what it never knew filled in from what was found."""
    if before in _EMPTY or _PROTOCOLS.get(before if isinstance(before, str) else "") == after:
        return after
    if isinstance(before, dict) and isinstance(after, dict):
        filled = {name: _known(before.get(name), value) for name, value in after.items() if name in before}
        return {**before, **filled}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [_known(one, other) for one, other in zip(before, after, strict=True)]
    return before


def _without_explained(before: Any, after: Any, explains: Explain, managed: Managed, owner: Values) -> list[Any]:
    """Let the state have had what other resources explain; what else was added or is missing stays a difference."""
    added = [item for item in after if item not in before and not explains(managed, owner, item)]
    return [item for item in after if item not in added] + [item for item in before if item not in after]


def _is_twin(managed: Managed, kind: str, name: str, owner: Values) -> bool:
    """Whether a resource of its own says the same of this attribute."""
    twin = _TWINS.get((kind, name))
    if twin is None:
        return False
    found = managed.having(twin, "arn", owner.get("arn"))
    return any(_parsed(one.get(name)) == _parsed(owner.get(name)) for one in found)


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _is_role_policy(managed: Managed, role: Values, policy: Any) -> bool:
    found = managed.having("aws_iam_role_policy", "role", role.get("name"))
    return any(one.get("name") == policy.get("name") for one in found)


def _is_attached(managed: Managed, role: Values, arn: Any) -> bool:
    found = managed.having("aws_iam_role_policy_attachment", "role", role.get("name"))
    return any(one.get("policy_arn") == arn for one in found)


def _is_rule(kind: str) -> Explain:
    def explains(managed: Managed, group: Values, rule: Any) -> bool:
        rules = [one for one in managed.having(kind, "security_group_id", group.get("id")) if _same_ports(one, rule)]
        return all(any(target in one.values() for one in rules) for target in _targets(rule, str(group.get("id"))))

    return explains


def _same_ports(resource: Values, rule: Any) -> bool:
    if str(resource.get("ip_protocol")) != str(rule.get("protocol")):
        return False
    return str(rule.get("protocol")) == _ANY_PROTOCOL or (
        (resource.get("from_port"), resource.get("to_port")) == (rule.get("from_port"), rule.get("to_port"))
    )


def _targets(rule: Any, group_id: str) -> Iterator[str]:
    for name in ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"):
        yield from rule.get(name) or ()
    if rule.get("self"):
        yield group_id


_VIEWS: Mapping[tuple[str, str], Explain] = {
    ("aws_iam_role", "inline_policy"): _is_role_policy,
    ("aws_iam_role", "managed_policy_arns"): _is_attached,
    ("aws_security_group", "ingress"): _is_rule("aws_vpc_security_group_ingress_rule"),
    ("aws_security_group", "egress"): _is_rule("aws_vpc_security_group_egress_rule"),
}
"""Attributes that show what resources of their own manage, and when such a resource explains an element."""


_TWINS: Mapping[tuple[str, str], str] = {("aws_sns_topic", "policy"): "aws_sns_topic_policy"}
"""Attributes that a resource of its own, with the same `arn`, manages under the same name."""
_NOT_ITS_OWN = frozenset({("aws_db_instance", "latest_restorable_time"), ("aws_s3_bucket", "versioning")})
"""Attributes that AWS moves all the time, or that a resource of its own tells too."""
_PROTOCOLS: Mapping[str, str] = {"icmp": "1", "tcp": "6", "udp": "17", "all": "-1"}
"""Network ACLs tell protocols by number: https://www.iana.org/assignments/protocol-numbers"""


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)
