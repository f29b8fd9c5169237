"""Services and task definitions of one ECS cluster, as releases need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.adapters.aws.ecs_tasks import EcsTasks
from studyctl.domain.release.definitions import Definition, registrable
from studyctl.domain.release.place import ServicePlace
from studyctl.domain.release.seen import DeploymentSeen, RolloutState, ServiceSeen

_GONE = frozenset({"ServiceNotFoundException", "ServiceNotActiveException"})
_EVENTS_KEPT = 10
# What of a service its green twin shares. Source: Amazon ECS API reference, CreateService.
_SHARED = (
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "enableECSManagedTags",
    "propagateTags",
)


@dataclass(frozen=True)
class EcsServices(EcsTasks):
    """Everything about one cluster."""

    def see(self, names: Sequence[str]) -> Mapping[str, ServiceSeen]:
        """The services that exist, by name."""
        found = [service for service in self._describe(names) if service["status"] != "INACTIVE"]
        return {service["serviceName"]: _seen(service) for service in found}

    def definition(self, arn: str) -> Definition:
        """A task definition as a document that can be registered again."""
        with asking(f"describe {arn}"):
            return registrable(self.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"])

    def is_registered(self, arn: str) -> bool:
        """Whether that revision can be deployed."""
        found = self._find(arn)
        return found is not None and found["status"] == "ACTIVE"

    def newest_of(self, family: str) -> tuple[str, Definition] | None:
        """The newest active revision of a family and its document."""
        found = self._find(family)
        return (found["taskDefinitionArn"], registrable(found)) if found is not None else None

    def register(self, definition: Definition, tags: Mapping[str, str]) -> str:
        """Register a document; its ARN."""
        with asking(f"register a revision of {definition['family']}"):
            answer = self.ecs.register_task_definition(**definition, tags=_tags(tags))
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def update(
        self, name: str, *, definition_arn: str, count: int | None = None, is_retry: bool = False
    ) -> ServiceSeen:
        """Deploy a revision, and set the count if one is given; a retry deploys one that ECS gave up."""
        wanted: dict[str, Any] = {"taskDefinition": definition_arn}
        if count is not None:
            wanted["desiredCount"] = count
        if is_retry:
            wanted["forceNewDeployment"] = True
        with asking(f"update the service {name}"):
            return _seen(self.ecs.update_service(cluster=self.cluster, service=name, **wanted)["service"])

    def create_green(self, place: ServicePlace, *, definition_arn: str, container: str, count: int) -> None:
        """Make the service that carries a revision beside the old one, behind target group green."""
        assert place.colours is not None  # noqa: S101  only what is balanced runs beside
        (blue,) = self._describe([place.name])
        shared = {key: blue[key] for key in _SHARED if blue.get(key)}
        percents = blue.get("deploymentConfiguration", {})
        with asking(f"make the service {place.green_name}"):
            self.ecs.create_service(
                cluster=self.cluster,
                serviceName=place.green_name,
                taskDefinition=definition_arn,
                desiredCount=count,
                loadBalancers=[
                    {
                        "targetGroupArn": place.colours.green_arn,
                        "containerName": container,
                        "containerPort": place.colours.port,
                    }
                ],
                deploymentConfiguration={
                    "minimumHealthyPercent": percents.get("minimumHealthyPercent", 100),
                    "maximumPercent": percents.get("maximumPercent", 200),
                    "deploymentCircuitBreaker": {"enable": True, "rollback": False},
                },
                **shared,
            )

    def delete(self, name: str) -> None:
        """Remove a service with its tasks; one that does not exist is removed already."""
        with asking(f"remove the service {name}"):
            try:
                self.ecs.delete_service(cluster=self.cluster, service=name, force=True)
            except ClientError as refused:
                if code_of(refused) not in _GONE:
                    raise

    def _find(self, name: str) -> Mapping[str, Any] | None:
        with asking(f"describe {name}"):
            try:
                found: Mapping[str, Any] = self.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
            except ClientError as refused:
                if code_of(refused) == "ClientException":
                    return None
                raise
        return found


def _seen(service: Mapping[str, Any]) -> ServiceSeen:
    network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    alarms = service.get("deploymentConfiguration", {}).get("alarms", {})
    return ServiceSeen(
        name=service["serviceName"],
        is_active=service["status"] == "ACTIVE",
        desired=service["desiredCount"],
        running=service["runningCount"],
        deployments=tuple(_deployment(each) for each in service.get("deployments", ())),
        events=tuple(event["message"] for event in service.get("events", ())[:_EVENTS_KEPT]),
        alarm_names=tuple(alarms.get("alarmNames", ())) if alarms.get("enable") else (),
        target_groups=tuple(each["targetGroupArn"] for each in service.get("loadBalancers", ())),
        subnets=tuple(network.get("subnets", ())),
        security_groups=tuple(network.get("securityGroups", ())),
    )


def _deployment(answer: Mapping[str, Any]) -> DeploymentSeen:
    return DeploymentSeen(
        id=answer["id"],
        is_primary=answer["status"] == "PRIMARY",
        definition_arn=answer["taskDefinition"],
        state=RolloutState(answer.get("rolloutState", RolloutState.COMPLETED)),
        reason=answer.get("rolloutStateReason", ""),
        desired=answer.get("desiredCount", 0),
        running=answer.get("runningCount", 0),
        failed_tasks=answer.get("failedTasks", 0),
    )


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]
