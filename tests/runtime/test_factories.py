"""One of each kind a process, closed together, and never shared with a child."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.support.servers.valkey import ValkeyServer

from studyruntime import factories
from studyruntime.errors import ConfigurationError

VARIABLES = (
    "ENVIRONMENT",
    "INFRASTRUCTURE_PROVIDER",
    "MESSAGE_BROKER_TYPE",
    "REDIS_HOST",
    "REDIS_PORT",
    "TASK_QUEUE_TYPE",
    "STORAGE_TYPE",
    "SETTINGS_FILE",
)


@pytest.fixture(autouse=True)
def _closed_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    factories.close_all()
    yield
    factories.close_all()


@pytest.fixture
def local(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> ValkeyServer:
    """The environment of a laptop."""
    variables = {
        **valkey.variables(),
        "TASK_QUEUE_TYPE": "celery",
        "STORAGE_TYPE": "minio",
        "STORAGE_ENDPOINT_URL": "http://127.0.0.1:9",
        "STORAGE_ACCESS_KEY": "access",
        "STORAGE_SECRET_KEY": "secret",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return valkey


@pytest.mark.usefixtures("local")
def test_each_is_made_once_until_all_are_closed() -> None:
    makers = (
        factories.get_settings,
        factories.get_message_broker,
        factories.get_task_queue,
        factories.get_storage,
        factories.get_secrets,
    )
    first = [make() for make in makers]
    assert all(again is made for again, made in zip([make() for make in makers], first, strict=True))
    broker = factories.get_message_broker()
    broker.connect()
    factories.close_all()
    assert not broker.is_connected
    assert all(again is not made for again, made in zip([make() for make in makers], first, strict=True))


def test_what_is_not_configured_is_named() -> None:
    assert factories.is_local_environment()
    with pytest.raises(ConfigurationError, match="REDIS_HOST"):
        factories.get_message_broker()
    with pytest.raises(ConfigurationError, match="TASK_QUEUE_TYPE"):
        factories.get_task_queue()
    with pytest.raises(ConfigurationError, match="STORAGE_TYPE"):
        factories.get_storage()


@pytest.mark.usefixtures("local")
def test_everything_is_closed_also_when_closing_something_fails() -> None:
    class Failing:
        def close(self) -> None:
            raise OSError("cannot close")

    broker = factories.get_message_broker()
    broker.connect()
    factories._process.get("failing", Failing)
    with pytest.raises(OSError, match="cannot close"):
        factories.close_all()
    assert not broker.is_connected


@pytest.mark.usefixtures("local")
def test_a_child_makes_its_own_and_leaves_the_parents_alone() -> None:
    broker = factories.get_message_broker()
    broker.connect()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        verdict = b"failed"
        try:
            own = factories.get_message_broker()
            own.publish("channel", b"from the child")
            verdict = b"own" if own is not broker else b"shared"
            factories.close_all()
        finally:
            os.write(writer, verdict)
            os._exit(0)  # no teardown of the parent's fixtures
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        assert answers.read() == b"own"
    os.waitpid(child, 0)
    assert factories.get_message_broker() is broker
    broker.publish("channel", b"from the parent")
    received = broker.subscribe(["channel"], "group", "one", start="oldest").read(2, 1.0)
    assert [delivery.message.data for delivery in received] == [b"from the child", b"from the parent"]
