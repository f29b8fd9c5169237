"""What the broker does when the server goes away, refuses, or lies."""

from __future__ import annotations

import threading

import pytest
from tests.support.servers.certificates import make_certificates
from tests.support.servers.process import free_port
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer
from tests.support.until import until

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import load_settings
from studyruntime.errors import AuthenticationRefused, Unavailable

CHANNEL = "study_ai_events:document"


def broker_of(variables: dict[str, str], **changes: str) -> RedisStreamBroker:
    settings = load_settings({**variables, "BROKER_CLAIM_IDLE_SECONDS": "0.2", **changes})
    return RedisStreamBroker(settings.require_broker(), settings.aws)


@pytest.mark.parametrize("is_killed", [False, True], ids=["restarted", "killed"])
@pytest.mark.parametrize("kind", ["own_valkey", "own_elasticache"])
def test_nothing_is_lost_when_the_server_restarts_under_publisher_and_subscriber(
    kind: str, is_killed: bool, request: pytest.FixtureRequest
) -> None:
    server: ValkeyServer | ElastiCacheServer = request.getfixturevalue(kind)
    valkey = server.valkey if isinstance(server, ElastiCacheServer) else server
    publisher, reader = (broker_of(server.variables(), REDIS_RETRY_SECONDS="60") for _ in range(2))
    subscription = reader.subscribe([CHANNEL], "group", "one")
    published: list[str] = []
    received: set[str] = set()
    has_enough, is_all = threading.Event(), threading.Event()

    def publish() -> None:
        while not has_enough.is_set():
            number = str(len(published))
            publisher.publish(CHANNEL, {"number": number})
            published.append(number)

    def receive() -> None:
        while not (is_all.is_set() and set(published) <= received):
            deliveries = subscription.read(100, wait_seconds=0.2)
            received.update(delivery.message.fields["number"].decode() for delivery in deliveries)
            subscription.ack(*deliveries)

    threads = [threading.Thread(target=work, daemon=True) for work in (publish, receive)]
    for thread in threads:
        thread.start()
    until(lambda: len(received) >= 50, "messages before the restart")
    if is_killed:
        valkey.kill()
        valkey.start()
    else:
        valkey.restart()
    before = len(published)
    until(lambda: len(published) >= before + 50, "messages after the restart")
    for thread, may_end in zip(threads, (has_enough, is_all), strict=True):
        may_end.set()
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert received == set(published)


def test_a_listener_hears_again_after_a_restart(own_valkey: ValkeyServer) -> None:
    broker = broker_of(own_valkey.variables())
    listener = broker.listen(["hints"])
    own_valkey.restart()
    assert listener.read(wait_seconds=0.1) is None  # finds the connection gone and subscribes again
    until(lambda: broker.broadcast("hints", b"again"), "the listener to be back")
    hint = listener.read(wait_seconds=30)
    assert hint is not None
    assert hint.data == b"again"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    broker = broker_of({"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(free_port())}, REDIS_RETRY_SECONDS="0.1")
    with pytest.raises(Unavailable, match=r"redis at 127\.0\.0\.1:\d+ is unavailable"):
        broker.connect()
    assert not broker.is_connected


def test_a_wrong_password_is_refused_without_trying_long(elasticache: ElastiCacheServer) -> None:
    broker = broker_of({**elasticache.variables(), "REDIS_PASSWORD": "wrong"}, REDIS_RETRY_SECONDS="3600")
    with pytest.raises(AuthenticationRefused, match="invalid username-password"):
        broker.connect()


def test_a_certificate_of_another_authority_is_refused(
    elasticache: ElastiCacheServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = make_certificates(tmp_path_factory.mktemp("stranger"))
    broker = broker_of(elasticache.variables(), REDIS_CA_FILE=str(stranger.authority), REDIS_RETRY_SECONDS="0.1")
    with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
        broker.connect()


def test_a_certificate_for_another_name_is_refused(elasticache: ElastiCacheServer) -> None:
    broker = broker_of(elasticache.variables(), REDIS_HOST="127.0.0.1", REDIS_RETRY_SECONDS="0.1")
    with pytest.raises(Unavailable, match="IP address mismatch"):
        broker.connect()
