"""Faults on an emulated account ring exactly the alarms that they should, from metrics that it measures itself.

One deployed environment for all faults: real services, real servers behind the names of the account, every alarm that
`alarms.level: full` makes. A minute of metrics is a second here (STUDYCTL_EMULATOR_SPEED); no alarm knows of that.
"""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

import boto3
import httpx
import pytest
from qdrant_client import QdrantClient, models
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine
from tests.support.fault_tour import TOUR
from tests.support.full_volume import SCRATCH, fill
from tests.support.study_text import STUDY_TEXT
from tests.support.traffic import traffic
from tests.support.until import until

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn
from studyctl.adapters.emulator.ecs_agent.volumes import VOLUME_VARIABLE
from studyctl.adapters.emulator.process import connection_environment
from studyservices.fault import VARIABLE as FAULT_VARIABLE
from studyservices.tokens import Audience, TokenSigner

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.emulator]

NAME = "study-dev"
VOLUME_MIB = 24
PATIENCE_SECONDS = 900.0
LOOK_SECONDS = 2.0
ASK_SECONDS = 60.0
LONGEST_WINDOW_MINUTES = 15
"""Longer than every alarm's window but those of the error budgets, which a fault rings at once or never."""
Document = dict[str, Any]


wait = partial(until, longest_seconds=PATIENCE_SECONDS, poll_seconds=LOOK_SECONDS)


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

    def aws(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._connection["AWS_ENDPOINT_URL"])

    def stand_in(self, kind: Kind) -> StandIn:
        """The server that stands for the only one of its kind."""
        found = [each for each in read_addresses(self.checkout.emulator_folder).stand_ins if each.kind is kind]
        return found[0]

    # --- what people do with it ----------------------------------------------------------------------------

    @cached_property
    def user(self) -> httpx.Client:
        """Somebody who uses the platform."""
        return self.user_named("anna")

    def user_named(self, name: str) -> httpx.Client:
        """Somebody who uses the platform through its balancer."""
        key = self.secret("api", "SESSION_SIGNING_KEY")
        token = TokenSigner(key).sign(name, Audience.API, lifetime_seconds=24 * 3600)
        balancer = self.stand_in(Kind.BALANCER)
        return httpx.Client(
            base_url=f"http://{balancer.local_host}:{balancer.local_port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=ASK_SECONDS,
        )

    def upload(self, name: str) -> str:
        """A document of its own; its id."""
        files = {"file": (f"{name}.txt", f"{name}. {STUDY_TEXT}".encode(), "text/plain")}
        answer = self.user.post("/api/documents", files=files)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return str(answer.json()["id"])

    def status_of(self, document_id: str) -> str:
        answer = self.user.get(f"/api/documents/{document_id}")
        return str(answer.json()["document"]["status"]) if answer.is_success else ""

    def await_status(self, document_id: str, status: str) -> None:
        """Until a document has come so far. Who asks more often is turned away."""
        wait(lambda: self.status_of(document_id) == status, f"the document to be {status}")

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
        [container] = self.definition(service)["containerDefinitions"]
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


def _short(names: set[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(f"{NAME}-") for name in names)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    studyctl = CommandLine(checkout.folder, {VOLUME_VARIABLE: str(VOLUME_MIB)})
    try:
        with checkout.edited("dev", "  level: basic", "  level: full"):
            deployed = studyctl("deploy", "dev", "--json").must(0).document
        account = Account(checkout, deployed["outputs"]["platform"])
        document_id = account.upload("before everything")
        account.await_status(document_id, "indexed")
        yield account
    finally:
        process.stop(checkout.emulator_folder)


@contextmanager
def worker_stopped(account: Account) -> Iterator[datetime]:
    began = _now()
    account.scale("document", 0)
    document_id = account.upload("for nobody")
    yield began
    account.scale("document", 1)
    account.await_status(document_id, "indexed")


@contextmanager
def poison(account: Account) -> Iterator[datetime]:
    began = _now()
    sqs, url = account.aws("sqs"), account.platform["queue_urls"]["document_queue"]
    sqs.send_message(QueueUrl=url, MessageBody="not a message")
    yield began
    _purge_dead_letters(account, url)


@contextmanager
def disk_full(account: Account) -> Iterator[datetime]:
    began = _now()
    with account.vectors() as vectors:
        vectors.create_collection(SCRATCH, models.VectorParams(size=4, distance=models.Distance.DOT))
        fill(vectors)
        document_id = account.upload("for a full disk")
        account.await_status(document_id, "failed")
        yield began
        vectors.delete_collection(SCRATCH)
    assert account.user.post(f"/api/documents/{document_id}/index").is_success
    account.await_status(document_id, "indexed")
    _purge_dead_letters(account, account.platform["queue_urls"]["indexing_queue"])


@contextmanager
def slow(account: Account) -> Iterator[datetime]:
    with failing_api(account, "slow=3", askers=8) as began:
        yield began


@contextmanager
def errors(account: Account) -> Iterator[datetime]:
    with failing_api(account, "5xx=1", askers=4) as began:
        yield began


@contextmanager
def database_stopped(account: Account) -> Iterator[datetime]:
    began, rds = _now(), account.aws("rds")
    [instance] = rds.describe_db_instances()["DBInstances"]
    rds.stop_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"])
    yield began
    rds.start_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"])


FAULTS: Mapping[str, Callable[[Account], AbstractContextManager[datetime]]] = {
    # each yields the time from which everything that rings is its doing
    "worker-stopped": worker_stopped,
    "poison": poison,
    "disk-full": disk_full,
    "database-stopped": database_stopped,
    "slow": slow,
    "errors": errors,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_rings_exactly_its_alarms_and_they_end(account: Account, name: str) -> None:
    wanted, lasting = TOUR[name].cloudwatch, TOUR[name].lasting
    account.await_silence()
    with FAULTS[name](account) as began:
        wait(lambda: account.rang_since(began) >= wanted, f"{sorted(wanted)} to ring")
        account.await_window()
        rang, still = account.rang_since(began), account.ringing()
    account.await_silence()

    assert rang - lasting == wanted
    assert still - lasting == wanted, "an alarm rings as long as its fault"


def test_every_fault_of_the_tour_is_made() -> None:
    assert set(FAULTS) == set(TOUR)


@contextmanager
def failing_api(account: Account, fault: str, *, askers: int) -> Iterator[datetime]:
    """The API with a fault, asked all the time."""
    good = account.definition("api")
    account.run("api", _with_fault(account, good, fault))
    account.await_silence()
    began = _now()
    with traffic([account.user_named(f"asker-{number}") for number in range(askers)], "/api/documents"):
        yield began
    account.run("api", good["taskDefinitionArn"])


def _with_fault(account: Account, good: Document, fault: str) -> str:
    """Another revision of a definition, which has a fault."""
    [container] = good["containerDefinitions"]
    environment = [*container["environment"], {"name": FAULT_VARIABLE, "value": fault}]
    kept = (
        *("family", "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory"),
        *("runtimePlatform", "volumes"),
    )
    bad = {key: good[key] for key in kept if key in good}
    registered = account.aws("ecs").register_task_definition(
        **bad, containerDefinitions=[{**container, "environment": environment}]
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def _purge_dead_letters(account: Account, queue_url: str) -> None:
    """Somebody looked at them, and nobody can process them."""
    sqs = account.aws("sqs")
    told = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])["Attributes"]
    arn = str(json.loads(told["RedrivePolicy"])["deadLetterTargetArn"])
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"])


def _now() -> datetime:
    return datetime.now(UTC)
