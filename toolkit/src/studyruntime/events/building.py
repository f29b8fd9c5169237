"""Puts events together from the settings of a process."""

from __future__ import annotations

import os
import socket
import uuid

from studyruntime.broker import MessageBroker, StartAt
from studyruntime.broker.connection import RedisConnection, credentials_for
from studyruntime.config import Environment, Settings
from studyruntime.events.access import ChannelAccess
from studyruntime.events.codec import EventCodec
from studyruntime.events.consumer import EventConsumer
from studyruntime.events.deduplication import RedisDeduplicator
from studyruntime.events.encryption import FieldCipher, FieldKey
from studyruntime.events.publisher import EventPublisher
from studyruntime.logs import get_logger
from studyruntime.metrics import Metrics

_log = get_logger(__name__)


def build_codec(settings: Settings) -> EventCodec:
    """A codec with the keys of EVENT_ENCRYPTION_KEY, else with one derived from SESSION_SIGNING_KEY.

    The derived key goes on reading when a real one is set later.

    Raises:
        ConfigurationError: there is neither, anywhere but on a laptop.
    """
    keys: list[FieldKey] = []
    if settings.event_encryption_key is not None:
        keys += FieldKey.parse_all(settings.event_encryption_key.get_secret_value())
    if settings.session_signing_key is not None:
        keys.append(FieldKey.derive(settings.session_signing_key.get_secret_value()))
    if keys:
        return EventCodec(FieldCipher(keys))
    if settings.environment is not Environment.LOCAL:
        settings.require_event_encryption_key()
    _log.warning("private fields of events travel in the clear", hint="Set EVENT_ENCRYPTION_KEY.")
    return EventCodec(allows_plaintext=True)


def build_publisher(settings: Settings, broker: MessageBroker, access: ChannelAccess | None = None) -> EventPublisher:
    """A publisher that names the service as the source."""
    return EventPublisher(broker, codec=build_codec(settings), source=settings.service.name, access=access)


def build_consumer(
    settings: Settings,
    broker: MessageBroker,
    group: str,
    *,
    access: ChannelAccess | None = None,
    start_at: StartAt = "new",
    metrics: Metrics | None = None,
) -> EventConsumer:
    """A consumer of `group` that remembers in Redis what was handled."""
    consumer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    redis = settings.require_broker()
    connection = RedisConnection(redis, credentials_for(redis, settings.aws))
    deduplicator = RedisDeduplicator(connection, owner=consumer, lease_seconds=redis.claim_idle_seconds)
    return EventConsumer(
        broker,
        group,
        consumer,
        codec=build_codec(settings),
        deduplicator=deduplicator,
        access=access,
        start_at=start_at,
        keep_interval_seconds=redis.claim_idle_seconds / 4,
        metrics=metrics,
    )
