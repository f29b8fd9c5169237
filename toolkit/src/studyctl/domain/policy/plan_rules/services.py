"""Controls of services, clusters and registries."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence

INSIGHTS = frozenset({"enabled", "enhanced"})


def tasks_have_network_interfaces_of_their_own(subject: PlanSubject) -> Iterator[Offence]:
    """Yield tasks that share the host's network."""
    for task in subject.of("aws_ecs_task_definition"):
        if task.text("network_mode") != "awsvpc":
            yield at(task, f"the network mode is {task.text('network_mode') or 'bridge'}, not awsvpc")


def tasks_have_no_public_address(subject: PlanSubject) -> Iterator[Offence]:
    """Yield services whose tasks get a public address."""
    for service in subject.of("aws_ecs_service"):
        if service.block("network_configuration").get("assign_public_ip"):
            yield at(service, "its tasks get public addresses")


def tasks_run_on_the_latest_platform(subject: PlanSubject) -> Iterator[Offence]:
    """Yield Fargate services that are held at an old platform."""
    for service in subject.of("aws_ecs_service"):
        if service.text("platform_version") not in ("", "LATEST"):
            yield at(service, f"its platform is held at {service.text('platform_version')}")


def a_bad_release_is_turned_back(subject: PlanSubject) -> Iterator[Offence]:
    """Yield services that keep a broken release."""
    for service in subject.of("aws_ecs_service"):
        breaker, alarms = service.block("deployment_circuit_breaker"), service.block("alarms")
        if not (breaker.get("enable") and breaker.get("rollback")):
            yield at(service, "no circuit breaker turns a bad release back")
        elif not (alarms.get("enable") and alarms.get("rollback") and _names_alarms(service)):
            yield at(service, "no alarm turns a bad release back")


def _names_alarms(service: PlannedResource) -> bool:
    return bool(service.block("alarms").get("alarm_names")) or service.is_unknown("alarms")


def the_alarms_that_turn_a_release_back_exist(subject: PlanSubject) -> Iterator[Offence]:
    """Yield alarms that a deployment waits for and nobody makes."""
    known = {
        alarm.text("alarm_name")
        for alarm in subject.of("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
    }
    for service in subject.of("aws_ecs_service"):
        for name in service.block("alarms").get("alarm_names") or ():
            if name and name not in known:
                yield at(service, f"the alarm {name} does not exist in this plan")


def the_application_has_not_the_rights_of_its_start(subject: PlanSubject) -> Iterator[Offence]:
    """Yield tasks whose application and start share a role, or that lack one."""
    for task in subject.of("aws_ecs_task_definition"):
        execution, own = task.text("execution_role_arn"), task.text("task_role_arn")
        if execution and own:
            is_shared = execution == own
        else:
            starts, runs = (subject.refers(task, f"{kind}_role_arn") for kind in ("execution", "task"))
            is_shared = not starts or not runs or bool(starts & runs)
        if is_shared:
            yield at(task, "the application has the role that starts it, or one of the two is missing")


def nobody_opens_a_shell_in_a_task(subject: PlanSubject) -> Iterator[Offence]:
    """Yield services with ECS Exec."""
    for service in subject.of("aws_ecs_service"):
        if service.values.get("enable_execute_command"):
            yield at(service, "a shell can be opened in its tasks")


def container_insights_are_on(subject: PlanSubject) -> Iterator[Offence]:
    """Yield clusters that nobody watches."""
    for cluster in subject.of("aws_ecs_cluster"):
        settings = {setting.get("name"): setting.get("value") for setting in cluster.blocks("setting")}
        if settings.get("containerInsights") not in INSIGHTS:
            yield at(cluster, "Container Insights are off")


def repositories_forget_old_images(subject: PlanSubject) -> Iterator[Offence]:
    """Yield repositories that grow for ever."""
    tended = subject.companions("repository", "aws_ecr_lifecycle_policy")
    for repository in subject.of("aws_ecr_repository"):
        if repository.address not in tended:
            yield at(repository, "no lifecycle policy removes old images")


_ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"

RULES = (
    control(
        "SC715",
        "network-mode",
        tasks_have_network_interfaces_of_their_own,
        fsbp="ECS.1",
        summary="Tasks have network interfaces of their own",
        fix='Set network_mode = "awsvpc".',
    ),
    control(
        "SC716",
        "public-task",
        tasks_have_no_public_address,
        fsbp="ECS.2",
        severity=Severity.HIGH,
        summary="Tasks have no public address",
        fix="Set assign_public_ip = false and use private subnets.",
    ),
    control(
        "SC717",
        "old-platform",
        tasks_run_on_the_latest_platform,
        fsbp="ECS.10",
        severity=Severity.LOW,
        summary="Services run on the latest Fargate platform",
        fix='Set platform_version = "LATEST".',
    ),
    control(
        "SC718",
        "no-circuit-breaker",
        a_bad_release_is_turned_back,
        source=_ECS + "deployment-circuit-breaker.html",
        summary="Services turn a bad release back by circuit breaker and alarms",
        fix="Enable deployment_circuit_breaker and alarms, both with rollback.",
    ),
    control(
        "SC719",
        "missing-alarm",
        the_alarms_that_turn_a_release_back_exist,
        source=_ECS + "deployment-alarm-failure.html",
        summary="The alarms that a deployment waits for exist",
        fix="Correct the name, or make the alarm.",
    ),
    control(
        "SC720",
        "shared-task-role",
        the_application_has_not_the_rights_of_its_start,
        source=_ECS + "security-iam-roles.html",
        summary="The application has not the role that starts its tasks",
        fix="Give execution_role_arn and task_role_arn roles of their own.",
    ),
    control(
        "SC721",
        "exec-enabled",
        nobody_opens_a_shell_in_a_task,
        source=_ECS + "ecs-exec.html",
        is_for_protected=True,
        summary="Nobody opens a shell in a task",
        fix="Set enable_execute_command = false.",
    ),
    control(
        "SC722",
        "no-container-insights",
        container_insights_are_on,
        fsbp="ECS.12",
        is_for_protected=True,
        severity=Severity.LOW,
        summary="Clusters have Container Insights",
        fix='Add the setting containerInsights = "enhanced".',
    ),
    control(
        "SC723",
        "no-image-lifecycle",
        repositories_forget_old_images,
        fsbp="ECR.3",
        severity=Severity.LOW,
        summary="Registries remove old images",
        fix="Add an aws_ecr_lifecycle_policy.",
    ),
)
