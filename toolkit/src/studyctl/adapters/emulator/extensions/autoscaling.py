"""Auto Scaling: what a group says of itself, and instance refreshes.

- Absent: `StartInstanceRefresh`, `DescribeInstanceRefreshes`, `CancelInstanceRefresh`; the provider calls them when the
  launch template of a group changes.
- `DefaultInstanceWarmup`, `InstanceMaintenancePolicy` and more are accepted and never returned: a perpetual diff.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("autoscaling")

_refreshes: Shelf[list[dict[str, Any]]] = Shelf("instance_refreshes")

# request parameter -> attribute of the group under which moto's serialiser finds the answer
_KEPT = {
    "DefaultInstanceWarmup": "default_instance_warmup",
    "InstanceMaintenancePolicy": "instance_maintenance_policy",
    "MaxInstanceLifetime": "max_instance_lifetime",
}


def _keep(original: Callable[[AutoScalingResponse], ActionResult], response: AutoScalingResponse) -> ActionResult:
    result = original(response)
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    for parameter, attribute in _KEPT.items():
        value = response._get_params().get(parameter)
        if value is not None:
            setattr(group, attribute, value)
    return result


for _operation in ("create_auto_scaling_group", "update_auto_scaling_group"):
    EXTENSION.mend(AutoScalingResponse, _operation)(_keep)


@EXTENSION.operation(AutoScalingResponse)
def start_instance_refresh(response: AutoScalingResponse) -> ActionResult:
    """A refresh that is over at once: the instance of the group is not replaced."""
    name, backend = response._get_param("AutoScalingGroupName"), response.autoscaling_backend
    if name not in backend.autoscaling_groups:
        raise AwsError("ValidationError", f"AutoScalingGroup name not found - {name}")
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": name,
        "Status": "Successful",
        "StartTime": utcnow(),
        "EndTime": utcnow(),
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
        "Preferences": response._get_param("Preferences"),
        "DesiredConfiguration": response._get_param("DesiredConfiguration"),
    }
    _refreshes.of(backend).setdefault(name, []).insert(0, refresh)
    return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})


@EXTENSION.operation(AutoScalingResponse)
def describe_instance_refreshes(response: AutoScalingResponse) -> ActionResult:
    """The refreshes of a group, the newest first."""
    refreshes = _refreshes.of(response.autoscaling_backend).get(response._get_param("AutoScalingGroupName"), [])
    wanted = response._get_param("InstanceRefreshIds", [])
    return ActionResult(
        {"InstanceRefreshes": [each for each in refreshes if not wanted or each["InstanceRefreshId"] in wanted]}
    )


@EXTENSION.operation(AutoScalingResponse)
def cancel_instance_refresh(_: AutoScalingResponse) -> ActionResult:
    """There is never one under way."""
    raise AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found.")
