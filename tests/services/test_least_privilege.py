"""Every service at work, its calls to AWS recorded: each is allowed by its contract's policy, and needed it.

Each service reaches S3 and SQS through a recorder of its own, so every call has a caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import psycopg
import pytest
from tests.support.contracts import OWN, Surveyor
from tests.support.recording import ACCOUNT, Recorder
from tests.support.servers.moto import REGION, MotoServer
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.study_platform import SQS, StudyPlatform, study_platform
from tests.support.study_text import STUDY_TEXT
from tests.support.until import until

from studyctl.domain.policy.capabilities.behaviour import replayed
from studyctl.domain.policy.capabilities.judgement import Side
from studyctl.domain.policy.capabilities.model import ResourceName
from studyctl.domain.policy.capabilities.required import least
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyservices.__main__ import main

ROLES = ("api", "notification", "document", "indexing", "quiz", "outbox-relay", "scheduler")
WAIT_SECONDS = 180.0
NOT_SEEN = {
    "elasticache:Connect": "it signs a token by itself and calls nothing",
    "ssm:GetParameter": "the vector database of tests has no certificate of its own",
    "s3:AbortMultipartUpload": "only an upload of many parts that fails is aborted",
    "sqs:ChangeMessageVisibility": "only a task that fails is given back",
}
"""What a contract grants and this day's work does not call, with the reason."""


class Surroundings(Surveyor):
    """The buckets and queues that were made for the test; everything else by its name."""

    def __init__(self, platform: StudyPlatform) -> None:
        self._variables = platform.variables

    def arn(self, resource: ResourceName) -> str:
        """The ARN of what the variables of a service name."""
        if resource.kind.name == "bucket":
            return f"arn:aws:s3:::{self._variables[f'{resource.name.upper()}_BUCKET']}"
        if resource.kind.name == "queue":
            name = self._variables[f"{resource.name.upper()}_URL"].rpartition("/")[2]
            return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        return super().arn(resource)

    def role(self, name: str) -> Identity:
        """A service's role with the policy that is generated from its contract."""
        (contract,) = (one for one in OWN.contracts if one.name == name.replace("-", "_"))
        documents = least(contract, OWN.kinds, self, {}).documents(name)
        return Identity(name, IdentityKind.ROLE, name, f"arn:aws:iam::{ACCOUNT}:role/{name}", documents)


@pytest.fixture(scope="module")
def recorders(moto_server: MotoServer) -> Iterator[dict[str, Recorder]]:
    made = {name: Recorder(moto_server.url) for name in ROLES}
    for recorder in made.values():
        recorder.start()
    yield made
    for recorder in made.values():
        recorder.stop()


@pytest.fixture(scope="module")
def platform(
    *,
    tmp_path_factory: pytest.TempPathFactory,
    valkey_server: ValkeyServer,
    postgres_server: PostgresServer,
    qdrant: QdrantServer,
    moto_server: MotoServer,
    recorders: dict[str, Recorder],
) -> Iterator[StudyPlatform]:
    """The platform after a day's work: documents were uploaded, read, indexed, asked about, removed, and grew old."""
    valkey_server.empty()
    database = postgres_server.create_database()
    assert main(["migrate"], database.variables()) == 0
    folder = tmp_path_factory.mktemp("recorded")
    with study_platform(
        folder, SQS, valkey=valkey_server, postgres=database, qdrant=qdrant, moto=moto_server
    ) as platform:
        platform.start(
            *ROLES,
            told=lambda name: through(recorders[name], moto_server, platform.variables),
            DOCUMENT_RETENTION_DAYS="1",
            SCHEDULER_INTERVAL_SECONDS="0.5",
        )
        work(platform, recorders["document"])
        grow_old(platform, database, recorders["scheduler"])
        yield platform


def through(recorder: Recorder, moto: MotoServer, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a service that reaches AWS through a recorder."""
    return {name: value.replace(moto.url, recorder.url) for name, value in variables.items()}


def work(platform: StudyPlatform, document: Recorder) -> None:
    with platform.user() as user, user.socket() as socket:
        document_id = user.upload(STUDY_TEXT.encode(), "notes.txt", "text/plain", quiz_questions="2")
        seen: list[str] = []
        while "quiz.generated" not in seen:
            message = json.loads(socket.recv(timeout=WAIT_SECONDS))
            seen.append(message["event"]["event_type"] if message["type"] == "event" else message["type"])
        assert user.api.delete(f"/api/documents/{document_id}").status_code == 204
    until(lambda: any(call.action == "s3:DeleteObject" for call in document.calls), "the text is deleted", WAIT_SECONDS)


def grow_old(platform: StudyPlatform, database: Database, scheduler: Recorder) -> None:
    with platform.user() as user:
        document_id = user.upload(STUDY_TEXT.encode(), "old.txt", "text/plain", index="false")
        until(lambda: user.document(document_id)["document"]["status"] == "processed", "its text", WAIT_SECONDS)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("UPDATE documents SET created_at = created_at - interval '2 days'")
    until(lambda: any(call.action == "s3:DeleteObject" for call in scheduler.calls), "it is removed", WAIT_SECONDS)


@pytest.mark.parametrize("name", ROLES)
def test_every_call_of_a_service_is_allowed(platform: StudyPlatform, recorders: dict[str, Recorder], name: str) -> None:
    found = replayed(Surroundings(platform).role(name), recorders[name].calls)
    assert [str(one) for one in found if one.side is Side.MISSING] == []


@pytest.mark.parametrize("name", ROLES)
def test_every_permission_of_a_service_was_needed(
    platform: StudyPlatform, recorders: dict[str, Recorder], name: str
) -> None:
    found = replayed(Surroundings(platform).role(name), recorders[name].calls)
    unneeded = {one.action for one in found if one.side is Side.EXCESS and not one.resource}
    assert unneeded <= set(NOT_SEEN)


def test_what_was_recorded_is_the_work_of_each_service(recorders: dict[str, Recorder], platform: StudyPlatform) -> None:
    assert platform.services.keys() == set(ROLES)
    called = {name: {call.action for call in recorder.calls} for name, recorder in recorders.items()}
    assert "s3:PutObject" in called["api"]
    assert called["document"] >= {"sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject", "s3:PutObject"}
    assert "sqs:SendMessage" in called["outbox-relay"]
    assert called["notification"] == set()
