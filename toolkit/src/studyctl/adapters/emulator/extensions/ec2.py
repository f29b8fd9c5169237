"""EC2: monitoring, defaults of metadata, the description of a rule, and the tags of a launch template.

- `MonitorInstances` and `UnmonitorInstances` are missing; the provider calls them for `monitoring = true`.
- The description of a security-group rule whose source is a group or a prefix list is lost: a perpetual diff.
- A rule that is gone is "InvalidPermission.NotFound" though it was named by its id: a deletion that is repeated fails.
- The defaults of instance metadata (`ModifyInstanceMetadataDefaults`) are missing.
- A launch template returns its own tags as a tag specification of what it launches: a perpetual diff.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidPermissionNotFoundError
from moto.ec2.models.launch_templates import LaunchTemplateBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.monitoring import Monitoring
from moto.ec2.responses.settings import Settings

from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("ec2")


def _set_monitoring(state: str) -> Callable[[Callable[..., str], Monitoring], ActionResult]:
    def set_monitoring(_: Callable[..., str], response: Monitoring) -> ActionResult:
        response.error_on_dryrun()
        identifiers = response._get_param("InstanceIds", [])
        for instance in response.ec2_backend.get_multi_instances_by_id(identifiers):
            instance.monitoring_state = state
        monitorings = [{"InstanceId": identifier, "Monitoring": {"State": state}} for identifier in identifiers]
        return ActionResult({"InstanceMonitorings": monitorings})

    return set_monitoring


EXTENSION.mend(Monitoring, "monitor_instances")(_set_monitoring("enabled"))
EXTENSION.mend(Monitoring, "unmonitor_instances")(_set_monitoring("disabled"))


METADATA_DEFAULTS = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")
NO_PREFERENCE = frozenset({"no-preference", -1})
"""What takes a default away again."""
_defaults: Shelf[Any] = Shelf("metadata_defaults")


@EXTENSION.operation(Settings)
def modify_instance_metadata_defaults(response: Settings) -> ActionResult:
    """Change the defaults that are named; the others stay."""
    response.error_on_dryrun()
    shelf = _defaults.of(response.ec2_backend)
    for name in METADATA_DEFAULTS:
        value = response._get_param(name)
        if value in NO_PREFERENCE:
            shelf.pop(name, None)
        elif value is not None:
            shelf[name] = value
    return ActionResult({"Return": True})


@EXTENSION.operation(Settings)
def get_instance_metadata_defaults(response: Settings) -> ActionResult:
    """The defaults of the account in this region."""
    response.error_on_dryrun()
    return ActionResult({"AccountLevel": dict(_defaults.of(response.ec2_backend))})


@EXTENSION.mend(SecurityGroupRule, "__init__")
def keep_prefix_list(original: Callable[..., None], rule: SecurityGroupRule, *arguments: Any, **fields: Any) -> None:
    """Keep what was said about a prefix list: moto keeps its id only."""
    original(rule, *arguments, **fields)
    prefix_list = inspect.signature(original).bind(rule, *arguments, **fields).arguments.get("prefix_list_id")
    rule.__dict__["_studyctl_prefix_list"] = prefix_list if isinstance(prefix_list, dict) else {}


@EXTENSION.mend_property(SecurityGroupRule, "description")
def describe_rule(original: Callable[[Any], Any], rule: Any) -> Any:
    """The description lies with whatever the source is."""
    source_group = rule.source_group if isinstance(rule.source_group, dict) else {}
    prefix_list = rule.__dict__.get("_studyctl_prefix_list", {})
    return original(rule) or source_group.get("Description") or prefix_list.get("Description")


@EXTENSION.mend(LaunchTemplateBackend, "create_launch_template")
def create_launch_template(
    original: Callable[..., Any], backend: Any, name: str, description: str, template_data: dict[str, Any], *rest: Any
) -> Any:
    """Tags of the template are not tags of what it launches."""
    specifications = template_data.get("TagSpecifications")
    if isinstance(specifications, list):
        template_data["TagSpecifications"] = [
            specification for specification in specifications if specification.get("ResourceType") != "launch-template"
        ]
    return original(backend, name, description, template_data, *rest)


def _revoke(original: Callable[..., None], backend: SecurityGroupBackend, *arguments: Any, **fields: Any) -> None:
    """Say which kind of thing was not found, as the provider asks for it."""
    try:
        original(backend, *arguments, **fields)
    except InvalidPermissionNotFoundError as error:
        identifiers = inspect.signature(original).bind(backend, *arguments, **fields).arguments.get("security_rule_ids")
        if not identifiers:
            raise
        message = f"The security group rule ID '{identifiers[0]}' does not exist"
        raise EC2ClientError("InvalidSecurityGroupRuleId.NotFound", message) from error


for _operation in ("revoke_security_group_ingress", "revoke_security_group_egress"):
    EXTENSION.mend(SecurityGroupBackend, _operation)(_revoke)
