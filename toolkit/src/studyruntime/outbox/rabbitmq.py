"""RabbitMQ as the relay's target: durable, confirmed, and never silently lost for want of a queue.

Events go to one topic exchange; the routing key is the event's type, so `document.#` binds all of a document's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelClosed, ChannelInvalidStateError, DeliveryError

from studyruntime.outbox.lifecycle import PUBLISHED, Outcome, Result
from studyruntime.outbox.store import OutboxRow

T = TypeVar("T")

EXCHANGE = "study_ai_events"
CONTENT_TYPE = "application/cloudevents+json"
"""CloudEvents AMQP binding, structured mode."""


class RabbitTarget:
    """See `OutboxTarget`. Talks to RabbitMQ in a thread of its own, and connects anew at the batch after a failure."""

    def __init__(self, url: str, *, exchange: str = EXCHANGE, timeout_seconds: float = 10.0) -> None:
        self._url = url
        self._exchange_name = exchange
        self._timeout_seconds = timeout_seconds
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rabbitmq", daemon=True)
        self._thread.start()

    def publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        """See `OutboxTarget.publish`. All of a batch are on their way at once; they are written in their order."""
        return self._run(self._publish(rows))

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._run(self._disconnect())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        try:
            exchange = await asyncio.wait_for(self._connect(), self._timeout_seconds)
        except (AMQPError, OSError, TimeoutError) as error:
            await self._disconnect()
            return [Outcome(Result.UNREACHED, _words(error))] * len(rows)
        answers = await asyncio.gather(*(self._publish_one(exchange, row) for row in rows), return_exceptions=True)
        if any(isinstance(answer, ChannelClosed) for answer in answers):
            # The server closed the channel over one of them, and with it the others': alone, each hears for itself.
            await self._disconnect()
            if len(rows) == 1:
                return [Outcome(Result.REFUSED, _words(answers[0]))]
            return [(await self._publish([row]))[0] for row in rows]
        return [await self._judge(answer) for answer in answers]

    async def _publish_one(self, exchange: AbstractExchange, row: OutboxRow) -> None:
        message = aio_pika.Message(
            row.payload,
            content_type=CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=row.event_id,
            type=row.event_type,
            timestamp=row.created_at,
            headers={"channel": row.channel, "subject": row.subject or ""},
        )
        await exchange.publish(message, routing_key=row.event_type, mandatory=True, timeout=self._timeout_seconds)

    async def _judge(self, answer: BaseException | None) -> Outcome:
        match answer:
            case None:
                return PUBLISHED
            case DeliveryError():
                return Outcome(Result.REFUSED, f"no queue takes it: {_words(answer)}")
            case AMQPError() | ChannelInvalidStateError() | OSError() | TimeoutError():
                await self._disconnect()
                return Outcome(Result.UNREACHED, _words(answer))
            case _:
                raise answer

    async def _connect(self) -> AbstractExchange:
        if self._exchange is None:
            self._connection = await aio_pika.connect(self._url, timeout=self._timeout_seconds)
            # Without on_return_raises a message that no queue takes would count as published.
            channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            self._exchange = await channel.declare_exchange(
                self._exchange_name, aio_pika.ExchangeType.TOPIC, durable=True
            )
        return self._exchange

    async def _disconnect(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None and not connection.is_closed:
            await connection.close()


def _words(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"
