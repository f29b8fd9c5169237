"""Tasks of one ECS cluster: one-off tasks, why tasks stopped, and what they logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.domain.release.definitions import Definition, log_group_of, log_stream_of, registrable, with_role
from studyctl.domain.release.place import ServicePlace
from studyctl.domain.release.seen import StoppedTask, TaskSeen
from studyctl.usecases.release_ports import NoAnswer

SERVICES_A_CALL = 10
LINES_OF_A_FAILURE = 12
LINES_OF_A_TASK = 1000
TASKS_LOOKED_AT = 10
# ECS's own words for tasks that it stopped because nobody needed them any more: no failures.
_NO_FAILURE = ("Scaling activity initiated by",)


@dataclass(frozen=True)
class EcsTasks:
    """Tasks of one cluster."""

    ecs: Any
    logs: Any
    cluster: str

    def failures(self, name: str, *, definition_arn: str) -> tuple[StoppedTask, ...]:
        """Tasks of that revision that stopped by themselves, newest first, with the last lines of their logs."""
        with asking(f"list stopped tasks of {name}"):
            listed = self.ecs.list_tasks(cluster=self.cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"]
            tasks = self.ecs.describe_tasks(cluster=self.cluster, tasks=listed[:100])["tasks"] if listed else []
        ours = [each for each in tasks if each["taskDefinitionArn"] == definition_arn and _has_failed(each)]
        if not ours:
            return ()
        ours.sort(key=lambda each: str(each.get("stoppedAt", "")), reverse=True)
        definition = self._document(definition_arn)
        return tuple(self._stopped(task, definition) for task in ours[:TASKS_LOOKED_AT])

    def run_task(
        self,
        place: ServicePlace,
        *,
        definition_arn: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        token: str,
    ) -> str:
        """Start a one-off task where the service's tasks run; one of this token that still runs is taken."""
        with asking(f"list tasks started by {token}"):
            running = self.ecs.list_tasks(cluster=self.cluster, startedBy=token)["taskArns"]
        if running:
            return str(running[0])
        (service,) = self._describe([place.name])
        capacity = service.get("capacityProviderStrategy")
        with asking(f"run a task of {definition_arn}"):
            answer = self.ecs.run_task(
                cluster=self.cluster,
                taskDefinition=definition_arn,
                count=1,
                startedBy=token,
                networkConfiguration=service["networkConfiguration"],
                overrides=with_role(self._document(definition_arn), list(command), environment),
                **({"capacityProviderStrategy": capacity} if capacity else {"launchType": "FARGATE"}),
            )
        if not answer["tasks"]:
            reasons = ", ".join(each.get("reason", "") for each in answer.get("failures", ())) or "no reason was given"
            raise NoAnswer(f"ECS did not start a task of {definition_arn}: {reasons}")
        return str(answer["tasks"][0]["taskArn"])

    def task(self, arn: str) -> TaskSeen:
        """How a one-off task is."""
        with asking(f"describe {arn}"):
            found = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"]
        if not found:
            return TaskSeen(arn, is_stopped=True, reason="ECS knows it no more")
        return TaskSeen(
            arn,
            is_stopped=found[0]["lastStatus"] == "STOPPED",
            exit_code=_exit_code(found[0]),
            reason=_reason(found[0]),
        )

    def task_lines(self, arn: str, *, definition_arn: str) -> tuple[str, ...]:
        """What a task logged, oldest first."""
        return self._lines(arn, self._document(definition_arn), LINES_OF_A_TASK, is_from_head=True)

    def _stopped(self, task: Mapping[str, Any], definition: Definition) -> StoppedTask:
        return StoppedTask(
            task_id=_task_id(task["taskArn"]),
            reason=_reason(task),
            exit_code=_exit_code(task),
            log_lines=self._lines(task["taskArn"], definition, LINES_OF_A_FAILURE, is_from_head=False),
        )

    def _lines(self, arn: str, definition: Definition, limit: int, *, is_from_head: bool) -> tuple[str, ...]:
        group, stream = log_group_of(definition), log_stream_of(definition, _task_id(arn))
        if group is None or stream is None:
            return ()
        with asking(f"read the log of {arn}"):
            try:
                events: Iterable[Mapping[str, Any]] = self.logs.get_log_events(
                    logGroupName=group, logStreamName=stream, limit=limit, startFromHead=is_from_head
                )["events"]
            except ClientError as refused:
                if code_of(refused) == "ResourceNotFoundException":
                    return ()  # it never said anything
                raise
        return tuple(str(event["message"]).rstrip("\n") for event in events)

    def _document(self, arn: str) -> Definition:
        with asking(f"describe {arn}"):
            return registrable(self.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"])

    def _describe(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(names), SERVICES_A_CALL):
            with asking(f"describe services of {self.cluster}"):
                found += self.ecs.describe_services(
                    cluster=self.cluster, services=list(names[start : start + SERVICES_A_CALL])
                )["services"]
        return found


def _task_id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _has_failed(task: Mapping[str, Any]) -> bool:
    return not str(task.get("stoppedReason", "")).startswith(_NO_FAILURE)


def _exit_code(task: Mapping[str, Any]) -> int | None:
    codes = [each["exitCode"] for each in task.get("containers", ()) if each.get("exitCode") is not None]
    return int(codes[0]) if codes else None


def _reason(task: Mapping[str, Any]) -> str:
    containers = [each["reason"] for each in task.get("containers", ()) if each.get("reason")]
    return "; ".join(dict.fromkeys([str(task.get("stoppedReason", "")), *containers])).strip("; ")
