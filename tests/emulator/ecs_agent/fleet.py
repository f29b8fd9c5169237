"""An account with a cluster, a load balancer and services made of tiny programs, driven through boto3 only."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulator.ecs_agent.load import Load
from tests.support.until import until

from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.ecs_agent.images import ImageStore, LocalImage, digest_of_folder, push

PROGRAMS = Path(__file__).parent / "programs"
REPOSITORY = "fleet/app"
ACCOUNT, REGION = "123456789012", "us-east-1"

Client = Callable[..., Any]


@dataclass(frozen=True)
class Balanced:
    """A load balancer with one rule to two groups."""

    arn: str
    dns_name: str
    rule: str
    blue: str
    green: str


@dataclass
class Fleet:
    """Everything a test needs of one emulator."""

    client: Client
    state_dir: Path
    subnets: list[str]
    security_group: str
    cluster: str
    _services: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ecs, self.elb, self.ecr = self.client("ecs"), self.client("elbv2"), self.client("ecr")
        self.logs, self.watch = self.client("logs"), self.client("cloudwatch")

    def image(self, version: str, behaviour: str = "good", program: str = "web.py") -> str:
        """Push a build; the image's name with its digest."""
        build = LocalImage(
            entry_point=(sys.executable, program),
            working_directory=PROGRAMS,
            content=digest_of_folder(PROGRAMS),
            environment={"VERSION": version, "BEHAVIOUR": behaviour, "PYTHONUNBUFFERED": "1"},
            description=f"{program} {version} {behaviour}",
        )
        digest = push(build, store=ImageStore(self.state_dir), ecr=self.ecr, repository=REPOSITORY, tags=[version])
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}@{digest}"

    def define(self, family: str, image: str, **container: Any) -> str:
        """Register a task definition."""
        self.create_log_group(family)
        definition = {
            "name": "app",
            "image": image,
            "essential": True,
            "stopTimeout": 2,
            "portMappings": [{"containerPort": 8000}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": f"/ecs/{family}",
                    "awslogs-region": REGION,
                    "awslogs-stream-prefix": "task",
                },
            },
            **container,
        }
        registered = self.ecs.register_task_definition(
            family=family,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[definition],
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def create_log_group(self, family: str) -> None:
        name = f"/ecs/{family}"
        if not self.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            self.logs.create_log_group(logGroupName=name)

    def balance(self, name: str, **health: Any) -> Balanced:
        """A load balancer whose rule sends everything to a blue group."""
        vpc = self.client("ec2").describe_subnets(SubnetIds=self.subnets[:1])["Subnets"][0]["VpcId"]
        [balancer] = self.elb.create_load_balancer(Name=name, Subnets=self.subnets)["LoadBalancers"]
        check = {
            "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 15,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            **health,
        }
        groups = [
            self.elb.create_target_group(
                Name=f"{name}-{colour}", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip", **check
            )["TargetGroups"][0]["TargetGroupArn"]
            for colour in ("blue", "green")
        ]
        for group in groups:
            self.elb.modify_target_group_attributes(
                TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
            )
        nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/html"}}
        [listener] = self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[nothing]
        )["Listeners"]
        [rule] = self.elb.create_rule(
            ListenerArn=listener["ListenerArn"],
            Priority=100,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*", "/health"]}}],
            Actions=[forward(groups[0], groups[1], 100)],
        )["Rules"]
        return Balanced(balancer["LoadBalancerArn"], balancer["DNSName"], rule["RuleArn"], *groups)

    def shift(self, balanced: Balanced, blue_percent: int) -> None:
        """Move weights between blue and green."""
        self.elb.modify_rule(RuleArn=balanced.rule, Actions=[forward(balanced.blue, balanced.green, blue_percent)])

    def serve(self, name: str, definition: str, balanced: Balanced | None = None, **fields: Any) -> None:
        """Create a service; it is deleted when the test ends."""
        settings: dict[str, Any] = {
            "desiredCount": 1,
            "launchType": "FARGATE",
            "deploymentConfiguration": {
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            },
            "networkConfiguration": {
                "awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.security_group]}
            },
        }
        if balanced is not None:
            settings["loadBalancers"] = [
                {"targetGroupArn": balanced.blue, "containerName": "app", "containerPort": 8000}
            ]
            settings["healthCheckGracePeriodSeconds"] = 60
        self.ecs.create_service(
            cluster=self.cluster, serviceName=name, taskDefinition=definition, **{**settings, **fields}
        )
        self._services.append(name)

    def service(self, name: str) -> dict[str, Any]:
        """As DescribeServices tells of it."""
        [found] = self.ecs.describe_services(cluster=self.cluster, services=[name])["services"]
        return dict(found)

    def update(self, name: str, **fields: Any) -> str:
        """Change a service; the id of its primary deployment."""
        changed = self.ecs.update_service(cluster=self.cluster, service=name, **fields)["service"]
        return str(primary(changed)["id"])

    def await_state(self, name: str, deployment: str, state: str) -> dict[str, Any]:
        """The service as soon as this deployment is primary and in this state."""

        def look() -> dict[str, Any] | None:
            found = self.service(name)
            first = primary(found)
            return found if (first["id"], first["rolloutState"]) == (deployment, state) else None

        return until(look, f"{deployment} of {name} to be {state}") or {}

    def await_complete(self, name: str) -> dict[str, Any]:
        """The service as soon as its primary deployment is complete."""
        return self.await_state(name, str(primary(self.service(name))["id"]), "COMPLETED")

    def tasks(self, name: str, status: str = "RUNNING") -> list[dict[str, Any]]:
        """The service's tasks."""
        arns = self.ecs.list_tasks(cluster=self.cluster, serviceName=name, desiredStatus=status)["taskArns"]
        return list(self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"]) if arns else []

    def stopped(self, name: str) -> list[dict[str, Any]]:
        """The tasks that have ended."""
        return [task for task in self.tasks(name, "STOPPED") if task["lastStatus"] == "STOPPED"]

    def process_of(self, name: str) -> int:
        """The process of one of a service's tasks: it listens where the task's environment says."""
        [task, *_] = self.tasks(name)
        task_id = task["taskArn"].rsplit("/", 1)[-1]
        log = (self.state_dir / "emulator.log").read_text(encoding="utf-8")
        return int(re.findall(rf"task {task_id} runs as process (\d+)", log)[-1])

    def events(self, name: str) -> list[str]:
        """The service's events, the oldest first."""
        return [event["message"] for event in reversed(self.service(name)["events"])]

    def target_states(self, group: str) -> list[str]:
        """The states of a group's targets."""
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return sorted(each["TargetHealth"]["State"] for each in found)

    def url(self, balanced: Balanced) -> str:
        """Where the balancer answers on this machine."""
        found = until(lambda: read_addresses(self.state_dir).find(balanced.dns_name), "the balancer's address")
        assert found is not None
        return f"http://{found.local_host}:{found.local_port}"

    @contextmanager
    def load(self, balanced: Balanced) -> Iterator[Load]:
        """Requests without a pause, from several clients."""
        load = Load(f"{self.url(balanced)}/api/hello")
        load.start()
        try:
            yield load
        finally:
            load.stop()

    def close(self) -> None:
        """Delete every service, and wait until the last task is gone."""
        for name in self._services:
            self.ecs.delete_service(cluster=self.cluster, service=name, force=True)
        for name in self._services:
            until(lambda name=name: self.service(name)["status"] == "INACTIVE", f"{name} to be gone")  # type: ignore[misc]
        self._services.clear()


def primary(service: dict[str, Any]) -> dict[str, Any]:
    """The primary deployment."""
    [found] = [each for each in service["deployments"] if each["status"] == "PRIMARY"]
    return dict(found)


def forward(blue: str, green: str, blue_percent: int) -> dict[str, Any]:
    """The action of a rule with weights."""
    weights = ((blue, blue_percent), (green, 100 - blue_percent))
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


class Stopwatch:
    """Says how long things took; nothing depends on it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()

    def lap(self, name: str) -> None:
        """Tell the time since the beginning (seen with `pytest -s`)."""
        say(f"{self._what}: {name} after {time.monotonic() - self._began:.1f} s")


def say(what: str) -> None:
    """A line for whoever watches the tests (seen with `pytest -s`)."""
    sys.stdout.write(f"\n  {what}")
