"""ECS: services that settle at once, and tell the truth about it.

- `CapacityProviderStrategy`, `DeploymentConfiguration`, grace period, exec and rebalancing are dropped: perpetual
  diffs, one of which replaces the service.
- A service never becomes steady, and a new task definition starts no deployment.

No task runs here: a deployment is complete the moment it is made.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("ecs")

# request parameter -> attribute of the service under which moto's serialiser finds the answer
_KEPT = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "networkConfiguration": "network_configuration",
    "platformVersion": "platform_version",
    "serviceConnectConfiguration": "service_connect_configuration",
}

_EVENTS_KEPT = 100


@EXTENSION.mend(EC2ContainerServiceResponse, "create_service")
def create_service(
    original: Callable[[EC2ContainerServiceResponse], ActionResult], response: EC2ContainerServiceResponse
) -> ActionResult:
    """Keep what was asked for, and reach the steady state."""
    result: Any = original(response).result
    service: Service = result["service"]
    request = response._get_params()
    _keep(service, request)
    if request.get("capacityProviderStrategy"):
        # AWS says one or the other; moto says EC2 when neither is given
        service.launch_type = None
    elif not request.get("launchType"):
        service.launch_type = "EC2"
    if not hasattr(service, "availability_zone_rebalancing"):
        service.__dict__["availability_zone_rebalancing"] = "DISABLED"
    for deployment in service.deployments:
        deployment["launchType"] = service.launch_type
        deployment["capacityProviderStrategy"] = request.get("capacityProviderStrategy", [])
    settle(service)
    return ActionResult(result)


@EXTENSION.mend(EC2ContainerServiceResponse, "update_service")
def update_service(
    original: Callable[[EC2ContainerServiceResponse], ActionResult], response: EC2ContainerServiceResponse
) -> ActionResult:
    """A new task definition is a new deployment."""
    request = dict(response._get_params())
    result: Any = original(response).result
    service: Service = result["service"]
    _keep(service, request)
    if request.get("taskDefinition"):
        definition = response.ecs_backend.describe_task_definition(request["taskDefinition"])
        service.task_definition = definition.arn
    running = service.deployments[0]["taskDefinition"] if service.deployments else None
    if service.deployments and (service.task_definition != running or request.get("forceNewDeployment")):
        start_deployment(service)
    settle(service)
    return ActionResult(result)


@EXTENSION.mend(EC2ContainerServiceBackend, "delete_service")
def delete_service(
    original: Callable[..., Service], backend: EC2ContainerServiceBackend, *arguments: Any, **fields: Any
) -> Service:
    """Nothing is left to drain."""
    service = original(backend, *arguments, **fields)
    service.running_count = 0
    service.desired_count = 0
    service.deployments = []
    return service


def start_deployment(service: Service) -> None:
    """Put a new primary deployment in place of the old one."""
    now = utcnow()
    service.deployments = [
        {
            **service.deployments[0],
            "id": f"ecs-svc/{uuid.uuid4().int % 10**19:019d}",
            "taskDefinition": service.task_definition,
            "status": "PRIMARY",
            "failedTasks": 0,
            "createdAt": now,
            "updatedAt": now,
        }
    ]


def settle(service: Service) -> None:
    """Let every task of the primary deployment run."""
    service.running_count = service.desired_count
    service.pending_count = 0
    for deployment in service.deployments:
        deployment.update(
            desiredCount=service.desired_count,
            runningCount=service.desired_count,
            pendingCount=0,
            rolloutState="COMPLETED",
            rolloutStateReason=f"ECS deployment {deployment['id']} completed.",
        )
    message = f"(service {service.name}) has reached a steady state."
    service.events.insert(0, {"id": str(uuid.uuid4()), "createdAt": utcnow(), "message": message})
    del service.events[_EVENTS_KEPT:]


def _keep(service: Service, request: dict[str, Any]) -> None:
    for parameter, attribute in _KEPT.items():
        if request.get(parameter) is not None:
            setattr(service, attribute, request[parameter])
