"""The environment dev as it is deployed to an emulated account: its services, its servers and what watches them."""

from __future__ import annotations

import json
import re
import ssl
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import boto3
from qdrant_client import QdrantClient
from tests.support.alarm_play import Alarm
from tests.support.checkout import Checkout
from tests.support.student import ASK_SECONDS, Student, wait

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn
from studyctl.adapters.emulator.process import connection_environment

NAME = "study-dev"
BUDGET = "-budget-"
LONGEST_WINDOW_MINUTES = 15
"""Longer than every alarm's window but those of the error budgets, which a fault rings at once or never."""
Document = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """The environment as it is deployed, and what watches it."""

    checkout: Checkout
    platform: Document

    @cached_property
    def _session(self) -> boto3.session.Session:
        variables = self._connection
        return boto3.session.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )

    @cached_property
    def _connection(self) -> Mapping[str, str]:
        endpoint = process.find(self.checkout.emulator_folder)
        assert endpoint is not None
        return connection_environment(endpoint)

    def aws(self, service: str, region: str | None = None) -> Any:
        return self._session.client(service, region_name=region, endpoint_url=self._connection["AWS_ENDPOINT_URL"])

    def stand_in(self, kind: Kind) -> StandIn:
        """The server that stands for the only one of its kind."""
        found = [each for each in read_addresses(self.checkout.emulator_folder).stand_ins if each.kind is kind]
        return found[0]

    # --- what people do with it ----------------------------------------------------------------------------

    @cached_property
    def student(self) -> Student:
        """Somebody who uses the platform."""
        return self.student_named("anna")

    def student_named(self, name: str) -> Student:
        """Somebody else."""
        balancer, key = self.stand_in(Kind.BALANCER), self.secret("api", "SESSION_SIGNING_KEY")
        return Student.of(f"http://{balancer.local_host}:{balancer.local_port}", key, name)

    @contextmanager
    def vectors(self) -> Iterator[QdrantClient]:
        found = self.stand_in(Kind.VECTOR_DATABASE)
        client = QdrantClient(
            url=f"https://{found.local_host}:{found.local_port}",
            api_key=self.secret("api", "QDRANT_API_KEY"),
            timeout=int(ASK_SECONDS),
            check_compatibility=False,
            verify=ssl.create_default_context(cafile=found.ca_file),
        )
        yield client
        client.close()

    # --- services ------------------------------------------------------------------------------------------

    def definition(self, service: str) -> Document:
        """The revision that serves."""
        [found] = self.aws("ecs").describe_services(cluster=NAME, services=[f"{NAME}-{service}"])["services"]
        described = self.aws("ecs").describe_task_definition(taskDefinition=found["taskDefinition"])
        revision: Document = described["taskDefinition"]
        return revision

    def secret(self, service: str, variable: str) -> str:
        """What a service is told in secret."""
        [container] = [each for each in self.definition(service)["containerDefinitions"] if each["essential"]]
        [reference] = [each["valueFrom"] for each in container["secrets"] if each["name"] == variable]
        return str(self.aws("secretsmanager").get_secret_value(SecretId=reference)["SecretString"])

    def run(self, service: str, revision: str) -> None:
        """Let a service run a revision, and wait until nothing else of it runs."""
        ecs = self.aws("ecs")
        ecs.update_service(cluster=NAME, service=f"{NAME}-{service}", taskDefinition=revision)

        def is_done() -> bool:
            [found] = ecs.describe_services(cluster=NAME, services=[f"{NAME}-{service}"])["services"]
            [*deployments] = found["deployments"]
            return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"

        wait(is_done, f"{service} to run {revision}")

    def await_steady(self) -> None:
        """Wait until every service has all of its tasks and none that starts or is being replaced."""
        ecs = self.aws("ecs")

        def is_steady() -> bool:
            names = ecs.list_services(cluster=NAME, maxResults=100)["serviceArns"]
            found = [
                service
                for first in range(0, len(names), 10)  # as many as one call describes
                for service in ecs.describe_services(cluster=NAME, services=names[first : first + 10])["services"]
            ]
            return all(
                each["runningCount"] == each["desiredCount"]
                and not each["pendingCount"]
                and len(each["deployments"]) == 1
                for each in found
            )

        wait(is_steady, "all services to be steady")

    def scale(self, service: str, count: int) -> None:
        """Let a service have so many tasks; autoscaling must agree."""
        target = {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/{NAME}/{NAME}-{service}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        self.aws("application-autoscaling").register_scalable_target(**target, MinCapacity=count, MaxCapacity=count)
        self.aws("ecs").update_service(cluster=NAME, service=f"{NAME}-{service}", desiredCount=count)

    # --- alarms --------------------------------------------------------------------------------------------

    @cached_property
    def tellers(self) -> frozenset[str]:
        """The alarms that tell somebody; all others are parts of a composite, or turn a deployment back."""
        return frozenset(alarm["AlarmName"] for alarm in self._alarms() if alarm["AlarmActions"])

    def ringing(self) -> frozenset[str]:
        """What tells somebody now, without the environment's name."""
        return _short({alarm["AlarmName"] for alarm in self._alarms() if alarm["StateValue"] == "ALARM"} & self.tellers)

    def _alarms(self) -> Iterator[Document]:
        pages = self.aws("cloudwatch").get_paginator("describe_alarms")
        for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
            yield from page.get("MetricAlarms", ())
            yield from page.get("CompositeAlarms", ())

    def alarms(self) -> Mapping[str, Alarm]:
        """Every alarm that monitoring/ is about, without those over alarms and those that turn a deployment back."""
        made = [each for each in self._alarms() if "AlarmRule" not in each and "ComparisonOperator" in each]
        named = {each["AlarmName"].removeprefix(f"{NAME}-"): each for each in made}
        played = {key: Alarm.described(key, each) for key, each in named.items()}
        return {key: alarm for key, alarm in played.items() if alarm.row is not None or BUDGET in key}

    def alarms_in(self, namespace: str) -> list[Document]:
        """The alarms that look at a metric of a namespace."""
        return [alarm for alarm in self._alarms() if alarm.get("Namespace") == namespace]

    def looked_at(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Namespace, name and dimensions of every metric that an alarm or a dashboard names, as they really are."""
        for alarm in self._alarms():
            queried = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each]
            for metric in [alarm, *queried] if alarm.get("MetricName") else queried:
                names = frozenset(dimension["Name"] for dimension in metric["Dimensions"])
                yield metric["Namespace"], metric["MetricName"], names
        watch = self.aws("cloudwatch")
        for entry in watch.list_dashboards()["DashboardEntries"]:
            body = json.loads(watch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
            for widget in body["widgets"]:
                for metric in widget["properties"].get("metrics", ()):
                    if isinstance(metric[0], str):  # else it is computed from the others
                        namespace, name, *rest = (each for each in metric if isinstance(each, str))
                        yield namespace, name, frozenset(rest[::2])

    def has_data(self, alarm: Document) -> bool:
        """Whether the metric of an alarm, exactly as the alarm names it, was ever measured."""
        now = datetime.now(UTC)
        answer = self.aws("cloudwatch").get_metric_statistics(
            **{name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")},
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["SampleCount"],
        )
        return bool(answer["Datapoints"])

    def rang_since(self, began: datetime) -> frozenset[str]:
        """Everything that told somebody since then: no look can miss it."""
        pages = self.aws("cloudwatch").get_paginator("describe_alarm_history")
        rang = {
            item["AlarmName"]
            for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"], StartDate=began)
            for item in page["AlarmHistoryItems"]
            if json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM"
        }
        return _short(rang & self.tellers)

    def await_silence(self) -> None:
        """Until nobody is told of anything."""
        wait(lambda: not self.ringing(), "silence")

    def await_window(self) -> None:
        """Until every other alarm has had its time by the account's own clock: an alarm that hears of one tick, and
        rings when the tick lies so far back that it looks for it no more, which is three of its periods."""
        watch, name = self.aws("cloudwatch"), f"clock-{uuid.uuid4().hex[:8]}"
        watch.put_metric_alarm(
            AlarmName=name,
            Namespace="FaultTour",
            MetricName=name,
            Statistic="SampleCount",
            ComparisonOperator="LessThanThreshold",
            Threshold=1,
            Period=60 * LONGEST_WINDOW_MINUTES // 3,
            EvaluationPeriods=1,
            TreatMissingData="breaching",
        )
        watch.put_metric_data(Namespace="FaultTour", MetricData=[{"MetricName": name, "Value": 1.0}])

        def state() -> str:
            [alarm] = watch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
            return str(alarm["StateValue"])

        wait(lambda: state() == "OK", "the clock to hear the tick")
        wait(lambda: state() == "ALARM", "the clock to forget it")
        watch.delete_alarms(AlarmNames=[name])


def state_of(s3: Any, environment: str) -> str:
    """Terraform's state of an environment, as it is stored."""
    names = (bucket["Name"] for bucket in s3.list_buckets()["Buckets"])
    (bucket,) = (name for name in names if re.fullmatch(r"study-state-\d{12}-.*", name))
    stored = s3.get_object(Bucket=bucket, Key=f"environments/{environment}/platform.tfstate")
    return str(stored["Body"].read().decode())


def _short(names: set[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(f"{NAME}-") for name in names)
