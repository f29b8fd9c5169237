"""Kombu's Redis transport, except that it keeps what is rejected and hands a dead worker's tasks on within a minute.

Three things are changed. A rejected message, one that was handed on too often and one that nobody can read go to the
list `<queue>:dead`. A worker renews its hold on its tasks while it lives, so that the visibility timeout says how long
a dead worker's tasks wait and not how long a task may take. Credentials come from a provider, never from a URL.
"""

# Kombu has no types, and subclassing is the way to change it.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import redis
from kombu.log import get_logger
from kombu.transport import redis as kombu_redis
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads

from studyruntime.tasks.dead_letters import dead_queue

logger = get_logger(__name__)

RESTORES_HEADER = "study_restores"
DEFAULT_MAX_RESTORES = 5


def dead_entry(raw: str, reason: str) -> str:
    """One dead letter: the message as it was, and why nobody handled it."""
    return json.dumps({"reason": reason, "at": round(time.time()), "message": raw})


class DeadLetterQoS(kombu_redis.QoS):
    """What this worker holds. A task whose end the server did not hear of is held no longer.

    Otherwise the worker would wait for ever to be done with it, and hand it to nobody.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unheard: set[str] = set()

    def ack(self, delivery_tag: str) -> None:
        """It is done. If the server does not hear it, it is told again before it hands the task to another."""
        try:
            super().ack(delivery_tag)
        except self.channel.connection_errors:
            self._unheard.add(delivery_tag)
            self._quick_ack(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or for good to the dead letters, together with the hold on it."""
        message = self._delivered.get(delivery_tag)
        try:
            if requeue or message is None:
                super().reject(delivery_tag, requeue=requeue)
                return
            entry = dead_entry(dumps(message._raw), "rejected")
            with self.pipe_or_acquire() as pipe:
                self._remove_from_indices(delivery_tag, pipe).lpush(
                    dead_queue(message.delivery_info["routing_key"]), entry
                ).execute()
        finally:
            self._quick_ack(delivery_tag)

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Hand on what dead workers held. First renew the hold on what this one holds."""
        held = [tag for tag in self._delivered if tag not in self._dirty]
        with self.channel.conn_or_acquire() as client:
            if self._unheard:
                client.zrem(self.unacked_index_key, *self._unheard)
                client.hdel(self.unacked_key, *self._unheard)
                self._unheard.clear()
            if held:
                client.zadd(self.unacked_index_key, dict.fromkeys(held, time.time()), xx=True)
        super().restore_visible(*args, **kwargs)

    def restore_unacked(self, client: Any = None) -> None:
        """Give everything back at the end of a worker. That is nobody's fault and does not count."""
        self.channel.counts_restores = False
        super().restore_unacked(client)


class ReadingClient:
    """Mixed into redis-py's client: what BRPOP brings is read only if it can be."""

    bury: Callable[[str, str], None]
    is_readable: Callable[[str], bool]

    def parse_response(self, connection: Any, command_name: Any, **options: Any) -> Any:
        """The server's answer; for an unreadable message the same as for no message."""
        answer = super().parse_response(connection, command_name, **options)  # type: ignore[misc]
        if command_name != "BRPOP" or not answer:
            return answer
        key, item = answer
        raw = item.decode(errors="backslashreplace")
        if self.is_readable(raw):
            return answer
        self.bury(bytes_to_str(key), raw)
        return None


class DeadLetterChannel(kombu_redis.Channel):
    """A channel whose rejected messages are kept."""

    QoS = DeadLetterQoS
    from_transport_options: Any = (*kombu_redis.Channel.from_transport_options, "credentials", "max_restores")
    credentials: redis.CredentialProvider | None = None
    max_restores = DEFAULT_MAX_RESTORES
    counts_restores = True

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        parameters: dict[str, Any] = super()._connparams(asynchronous=asynchronous)
        if self.credentials is not None:
            parameters |= {"credential_provider": self.credentials, "username": None, "password": None}
        return parameters

    def _get_client(self) -> Any:
        channel = self

        class Client(ReadingClient, redis.Redis):
            def is_readable(self, raw: str) -> bool:
                return channel.is_readable(raw)

            def bury(self, key: str, raw: str) -> None:
                channel.bury(key.rsplit(channel.sep, 1)[0], raw, "unreadable")

        return Client

    def is_readable(self, raw: str) -> bool:
        """Whether it is an envelope as Kombu writes it. Kombu itself would die of one that is not."""
        try:
            message = self.Message(loads(raw), channel=self)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is wrong with the message
            return False
        return {"exchange", "routing_key"} <= set(message.delivery_info or ())

    def bury(self, queue: str, raw: str, reason: str) -> None:
        """Put a message that is in no queue any more among the dead letters."""
        logger.critical("a message in %s goes to the dead letters: %s", queue, reason)
        with self.conn_or_acquire() as client:
            client.lpush(dead_queue(queue), dead_entry(raw, reason))

    def dead_letter_count(self, queue: str) -> int:
        """How many messages of this queue failed for good. They lie in a list, the newest first."""
        with self.conn_or_acquire() as client:
            return int(client.llen(dead_queue(queue)))

    def _do_restore_message(
        self, payload: Any, exchange: str, routing_key: str, pipe: Any, leftmost: bool = False
    ) -> None:
        """Hand a message on, but not for ever: it may be what kills the workers."""
        if self.counts_restores:
            headers = payload.setdefault("headers", {})
            headers[RESTORES_HEADER] = headers.get(RESTORES_HEADER, 0) + 1
            if headers[RESTORES_HEADER] > self.max_restores:
                reason = f"handed on {self.max_restores} times and never finished"
                pipe.lpush(dead_queue(routing_key), dead_entry(dumps(payload), reason))
                return
        super()._do_restore_message(payload, exchange, routing_key, pipe, leftmost)


class Transport(kombu_redis.Transport):
    """The transport Celery is given by its path."""

    Channel = DeadLetterChannel
