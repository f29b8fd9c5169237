"""Faults on an emulated account ring exactly the alarms that they should, from metrics that it measures itself.

One deployed environment for all faults: real services, real servers behind the names of the account, every alarm that
`alarms.level: full` makes. A minute of metrics is a second here (STUDYCTL_EMULATOR_SPEED); no alarm knows of that.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from qdrant_client import models
from tests.support.alarm_play import ALARM, failures, play_all, play_window
from tests.support.checkout import REPOSITORY, Checkout
from tests.support.command_line import CommandLine
from tests.support.deployed_account import Account, Document
from tests.support.fault_proxy import fault_proxy, late
from tests.support.fault_tour import HELD_UP_SECONDS, SEARCH, SLOW_VECTORS_SECONDS, TOUR
from tests.support.full_volume import SCRATCH, fill
from tests.support.published_metrics import problem
from tests.support.student import wait
from tests.support.traffic import traffic

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.ecs_agent.substitution import Kind
from studyctl.adapters.emulator.ecs_agent.volumes import VOLUME_VARIABLE
from studyctl.adapters.monitoring_files import read_watch
from studyctl.adapters.specs import SpecFiles
from studyservices.fault import VARIABLE as FAULT_VARIABLE

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.emulator]

VOLUME_MIB = 24


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    studyctl = CommandLine(checkout.folder, {VOLUME_VARIABLE: str(VOLUME_MIB)})
    try:
        # a release watches the alarms that there are; those on trial come after it
        studyctl("deploy", "dev", "--json").must(0)
        with checkout.edited("dev", "  level: basic", "  level: full"):
            deployed = studyctl("deploy", "dev", "--only", "infra", "--json").must(0).document
        account = Account(checkout, deployed["outputs"]["platform"])
        document_id = account.student.upload("before everything")
        account.student.await_status(document_id, "indexed")
        yield account
    finally:
        process.stop(checkout.emulator_folder)


@contextmanager
def worker_stopped(account: Account) -> Iterator[datetime]:
    began = _now()
    account.scale("document", 0)
    document_id = account.student.upload("for nobody")
    yield began
    account.scale("document", 1)
    account.student.await_status(document_id, "indexed")


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
        document_id = account.student.upload("for a full disk")
        account.student.await_status(document_id, "failed")
        yield began
        vectors.delete_collection(SCRATCH)
    account.student.ask_for_index(document_id)
    account.student.await_status(document_id, "indexed")
    _purge_dead_letters(account, account.platform["queue_urls"]["indexing_queue"])


@contextmanager
def relay_held_up(account: Account) -> Iterator[datetime]:
    with revised(account, "outbox-relay", **{FAULT_VARIABLE: f"slow={HELD_UP_SECONDS}"}) as began:
        document_id = account.student.upload("for nobody to hear of")
        yield began
    account.student.await_status(document_id, "indexed")


@contextmanager
def vectors_slow(account: Account) -> Iterator[datetime]:
    found = account.stand_in(Kind.VECTOR_DATABASE)
    with fault_proxy(found.local_port, ssl.create_default_context(cafile=found.ca_file)) as proxy:
        proxy.plays(late(SLOW_VECTORS_SECONDS), times=None)
        with revised(account, "api", QDRANT_URL=proxy.url) as began, asked(account, SEARCH, askers=8):
            yield began


@contextmanager
def slow(account: Account) -> Iterator[datetime]:
    with revised(account, "api", **{FAULT_VARIABLE: "slow=3"}) as began, asked(account, "/api/documents", askers=8):
        yield began


@contextmanager
def errors(account: Account) -> Iterator[datetime]:
    with revised(account, "api", **{FAULT_VARIABLE: "5xx=1"}) as began, asked(account, "/api/documents", askers=4):
        yield began


@contextmanager
def database_stopped(account: Account) -> Iterator[datetime]:
    began, rds = _now(), account.aws("rds")
    [instance] = rds.describe_db_instances()["DBInstances"]
    rds.stop_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"])
    yield began
    rds.start_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"])
    account.await_steady()  # ECS may be about to replace what was not ready meanwhile


FAULTS: Mapping[str, Callable[[Account], AbstractContextManager[datetime]]] = {
    # each yields the time from which everything that rings is its doing
    "worker-stopped": worker_stopped,
    "poison": poison,
    "disk-full": disk_full,
    "database-stopped": database_stopped,
    "relay-held-up": relay_held_up,
    "vectors-slow": vectors_slow,
    "slow": slow,
    "errors": errors,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_rings_exactly_its_alarms_and_they_end(account: Account, name: str) -> None:
    rings = TOUR[name]
    wanted = rings.cloudwatch
    account.await_silence()
    with FAULTS[name](account) as began:
        wait(lambda: account.rang_since(began) >= wanted, f"{sorted(wanted)} to ring")
        account.await_window()
        rang, still = account.rang_since(began), account.ringing()
    account.await_silence()

    assert rang >= wanted
    assert not rings.strangers(rang)
    assert still >= wanted, "an alarm rings as long as its fault"


def test_what_services_say_of_themselves_reaches_their_alarms(account: Account) -> None:
    """By namespace, name and dimensions: an alarm with a misspelt one would be silent for ever."""
    account.student.client.get("/api/search", params={"query": "energy"}).raise_for_status()
    document_id = account.student.upload("for the outbox")
    account.student.await_status(document_id, "indexed")

    alarms = account.alarms_in("StudyPlatform")
    assert {alarm["AlarmName"] for alarm in alarms} == {"study-dev-outbox-backlog", "study-dev-vector-latency"}
    for alarm in alarms:
        wait(partial(account.has_data, alarm), f"data for {alarm['AlarmName']}")


def test_no_alarm_and_no_panel_is_blind(account: Account) -> None:
    seen = set(account.looked_at())
    assert {namespace for namespace, _, _ in seen} >= {"AWS/ApplicationELB", "AWS/ElastiCache", "AWS/RDS", "AWS/S3"}
    assert [wrong for each in sorted(seen, key=str) if (wrong := problem(*each))] == []


def test_every_alarm_rings_beyond_its_limit_only_and_ends(account: Account) -> None:
    """Also those of what nobody can make in a minute: played, with the formulas and numbers that the account has."""
    watch, alarms = read_watch(REPOSITORY), account.alarms()
    tasks = {name: service.scaling.min for name, service in SpecFiles(REPOSITORY).load("dev").services}
    played = play_all(list(alarms.values()), watch.alerts, tasks)
    assert {row.name for row in watch.alerts if row.cloudwatch is not None} - played == {"replica-lag"}
    errors = alarms["balancer-errors"]
    assert errors.after(*[failures(10, of="balancer")] * errors.condition.evaluation_periods) is ALARM
    for objective in watch.objectives:
        for burn in watch.burn_alerts:
            for window in ("long", "short"):
                alarm = alarms[f"{objective.service}-{burn.name}-{window}"]
                play_window(alarm, objective, burn, is_long=window == "long")


def test_every_fault_of_the_tour_is_made() -> None:
    assert set(FAULTS) == set(TOUR)


@contextmanager
def revised(account: Account, service: str, **variables: str) -> Iterator[datetime]:
    """A service that is told something else. That it was away while it started anew is not what is meant."""
    good = account.definition(service)
    account.run(service, _revision(account, good, variables))
    account.await_silence()
    try:
        yield _now()
    finally:
        account.run(service, good["taskDefinitionArn"])


def asked(account: Account, path: str, *, askers: int) -> AbstractContextManager[None]:
    """The API is asked all the time."""
    return traffic([account.student_named(f"asker-{number}").client for number in range(askers)], path)


def _revision(account: Account, good: Document, variables: Mapping[str, str]) -> str:
    """Another revision of a definition, which is told something else."""
    [container] = good["containerDefinitions"]
    kept_variables = [each for each in container["environment"] if each["name"] not in variables]
    environment = [*kept_variables, *({"name": name, "value": value} for name, value in variables.items())]
    kept = (
        *("family", "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory"),
        *("runtimePlatform", "volumes"),
    )
    told = {key: good[key] for key in kept if key in good}
    registered = account.aws("ecs").register_task_definition(
        **told, containerDefinitions=[{**container, "environment": environment}]
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
