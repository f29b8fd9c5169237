"""ECS: services and tasks that run, and tell the truth about it.

- `CapacityProviderStrategy`, `DeploymentConfiguration`, grace period, exec and rebalancing are dropped: perpetual
  diffs, one of which replaces the service.
- A service never becomes steady, a new task definition starts no deployment, tasks run in name only, `ListTasks` does
  not know which service a task belongs to, and describing a task moves it on in its life.
- `RunTask` crashes on a Fargate container without a memory size of its own.

What a request asks for is written down by `ecs_agent.control`; the agent does it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse

from studyctl.adapters.emulator.ecs_agent import control
from studyctl.adapters.emulator.ecs_agent.account import Place
from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("ecs")

# request parameter -> attribute of the service under which moto's serialiser finds the answer
_KEPT = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "networkConfiguration": "network_configuration",
    "platformVersion": "platform_version",
    "serviceConnectConfiguration": "service_connect_configuration",
}


def _place(backend: EC2ContainerServiceBackend) -> Place:
    return Place(backend.account_id, backend.region_name)


@EXTENSION.mend(EC2ContainerServiceResponse, "create_service")
def create_service(
    original: Callable[[EC2ContainerServiceResponse], ActionResult], response: EC2ContainerServiceResponse
) -> ActionResult:
    """Keep what was asked for, and begin the first deployment."""
    request = response._get_params()
    backend = response.ecs_backend
    _require_free_name(backend, request)
    result: Any = original(response).result
    service: Service = result["service"]
    _keep(service, request)
    if request.get("capacityProviderStrategy"):
        # AWS says one or the other; moto says EC2 when neither is given
        service.launch_type = None
    elif not request.get("launchType"):
        service.launch_type = "EC2"
    if not hasattr(service, "availability_zone_rebalancing"):
        service.__dict__["availability_zone_rebalancing"] = "DISABLED"
    control.created(service, _place(backend))
    return ActionResult(result)


def _require_free_name(backend: EC2ContainerServiceBackend, request: dict[str, Any]) -> None:
    cluster = str(request.get("cluster", "default")).rsplit("/", 1)[-1]
    known = backend.services.get(f"{cluster}:{request['serviceName']}")
    if known is not None and known.status == control.DRAINING:
        raise InvalidParameterException("Unable to Start a service that is still Draining.")
    if known is not None and known.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")


@EXTENSION.mend(EC2ContainerServiceResponse, "update_service")
def update_service(
    original: Callable[[EC2ContainerServiceResponse], ActionResult], response: EC2ContainerServiceResponse
) -> ActionResult:
    """Change what is asked for; a new revision is a new deployment."""
    request = dict(response._get_params())
    result: Any = original(response).result
    service: Service = result["service"]
    _keep(service, request)
    if request.get("taskDefinition"):
        definition = response.ecs_backend.describe_task_definition(request["taskDefinition"])
        service.task_definition = definition.arn
    control.updated(service, is_forced=bool(request.get("forceNewDeployment")))
    return ActionResult(result)


@EXTENSION.mend(EC2ContainerServiceBackend, "update_service")
def keep_deployment_configuration(
    original: Callable[..., Service], backend: EC2ContainerServiceBackend, properties: dict[str, Any]
) -> Service:
    """What is not said of the deployment configuration stays as it was."""
    service = backend._get_service(properties.get("cluster", "default"), properties["service"].split("/")[-1])
    before = getattr(service, "deployment_configuration", None) or {}
    changed = original(backend, properties)
    changed.__dict__["deployment_configuration"] = {**before, **(properties.get("deployment_configuration") or {})}
    return changed


@EXTENSION.mend(EC2ContainerServiceBackend, "delete_service")
def delete_service(
    original: Callable[..., Service], backend: EC2ContainerServiceBackend, *arguments: Any, **fields: Any
) -> Service:
    """It is gone when its last task is."""
    service = original(backend, *arguments, **fields)
    control.deleted(service)
    return service


@EXTENSION.mend(EC2ContainerServiceBackend, "run_task")
def run_task(
    original: Callable[..., list[Task]], backend: EC2ContainerServiceBackend, *arguments: Any, **fields: Any
) -> list[Task]:
    """Let the tasks really run."""
    tasks = original(backend, *arguments, **fields)
    for task in tasks:
        del backend.tasks[task.cluster_name][task.task_arn]
    control.run(tasks, _place(backend))
    for task in tasks:
        backend.tasks[task.cluster_name][task.task_arn] = task
    return tasks


@EXTENSION.mend(EC2ContainerServiceBackend, "_calculate_task_resource_requirements")
def resource_requirements(original: Callable[..., dict[str, Any]], definition: TaskDefinition) -> dict[str, Any]:
    """Sizes of a Fargate task are the task's; nothing has to be placed."""
    if "FARGATE" in definition.compatibilities:
        return {}
    return original(definition)


@EXTENSION.mend(EC2ContainerServiceBackend, "stop_task")
def stop_task(
    _: Callable[..., Task], backend: EC2ContainerServiceBackend, cluster_str: str, task_str: str, reason: str
) -> Task:
    """Ask it to stop; it does so in its own time."""
    cluster = backend._get_cluster(cluster_str)
    wanted = task_str.rsplit("/", maxsplit=1)[-1]
    for task in backend.tasks.get(cluster.name, {}).values():
        if task.id == wanted:
            control.stop(task, reason)
            return task
    raise InvalidParameterException("The referenced task was not found.")


@EXTENSION.mend(EC2ContainerServiceBackend, "list_tasks")
def list_tasks(
    original: Callable[..., list[Task]], backend: EC2ContainerServiceBackend, *arguments: Any, **fields: Any
) -> list[Task]:
    """Know the service of a task; without a wish, list those that are to run."""
    names = ("cluster_str", "container_instance", "family", "started_by", "service_name", "desiredStatus")
    asked = {**dict(zip(names, arguments, strict=False)), **fields}
    service = asked.get("service_name")
    asked["desiredStatus"] = asked.get("desiredStatus") or "RUNNING"
    tasks = original(backend, **asked)
    return [task for task in tasks if not service or task.group == f"service:{service.split('/')[-1]}"]


@EXTENSION.mend_property(Task, "last_status")
def last_status(_: Callable[[Task], str], task: Task) -> str:
    """What the agent says, however often somebody looks."""
    return str(task._status)


def _keep(service: Service, request: dict[str, Any]) -> None:
    for parameter, attribute in _KEPT.items():
        if request.get(parameter) is not None:
            setattr(service, attribute, request[parameter])
    configuration = request.get("deploymentConfiguration")
    if configuration is not None and not hasattr(service, "deployment_configuration"):
        service.__dict__["deployment_configuration"] = configuration
