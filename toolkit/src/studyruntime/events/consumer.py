"""Reads events and hands them to handlers: once each, in order, with retries, and to the dead letters in the end."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence

from studyruntime.broker import Delivery, MessageBroker, StartAt, Subscription
from studyruntime.errors import ConfigurationError, InvalidEvent, Unavailable
from studyruntime.events.access import ChannelAccess
from studyruntime.events.codec import EventCodec, NewerEventVersion, UnknownEventType
from studyruntime.events.deduplication import Deduplicator
from studyruntime.events.event import Event
from studyruntime.events.handling import (
    BatchHandler,
    EventHandler,
    Heartbeat,
    Registration,
    RetryRule,
    Verdict,
    run_handler,
)
from studyruntime.events.kinds import Channel, EventType
from studyruntime.events.work import Work
from studyruntime.logs import get_logger
from studyruntime.logs.patterns import redact_text
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import EVENTS_HANDLED

_log = get_logger(__name__)

NEWER_VERSION_WAIT_SECONDS = 30.0


class EventConsumer:
    """One consumer of a group. The group shares the work: each event goes to one of its consumers.

    A handler is called at least once for each event, and once only unless the consumer dies in the moment between the
    handler's success and the note of it. Handlers must take less time than the broker's claim time; longer work is a
    task. Events of one subject arrive in order at a group of one consumer.
    """

    def __init__(
        self,
        broker: MessageBroker,
        group: str,
        consumer: str | None = None,
        *,
        codec: EventCodec,
        deduplicator: Deduplicator,
        access: ChannelAccess | None = None,
        rule: RetryRule | None = None,
        batch_size: int = 50,
        start_at: StartAt = "new",
        keep_interval_seconds: float = 15.0,
        metrics: Metrics | None = None,
    ) -> None:
        self._broker = broker
        self._metrics = metrics
        self._group = group
        self._consumer = consumer or f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._codec = codec
        self._deduplicator = deduplicator
        self._access = access or ChannelAccess()
        self._rule = rule or RetryRule()
        self._batch_size = batch_size
        self._start_at: StartAt = start_at
        self._keep_interval_seconds = keep_interval_seconds
        self._registrations: list[Registration] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, handler: EventHandler, event_types: Iterable[EventType], *, name: str | None = None) -> None:
        """Call `handler` with each event of these types. `name` is remembered with what was handled; keep it.

        Raises:
            ChannelForbidden: a type travels in a channel this service may not read.
        """

        def handle(events: Sequence[Event]) -> None:
            for event in events:
                handler(event)

        self._register(handle, event_types, name or _name_of(handler), takes_batches=False)

    def subscribe_batch(self, handler: BatchHandler, event_types: Iterable[EventType], *, name: str) -> None:
        """Call `handler` with all that came at once of these types, in order; it must do all of them or raise.

        A batch that fails as often as it may is taken apart, and only the events that fail alone are rejected.
        """
        self._register(handler, event_types, name, takes_batches=True)

    def subscribe_to_document_events(self, handler: EventHandler) -> None:
        """Every event of documents."""
        self.subscribe(handler, types_of(Channel.DOCUMENT))

    def subscribe_to_indexing_events(self, handler: EventHandler) -> None:
        """Every event of indexing."""
        self.subscribe(handler, types_of(Channel.INDEXING))

    def subscribe_to_quiz_events(self, handler: EventHandler) -> None:
        """Every event of quizzes."""
        self.subscribe(handler, types_of(Channel.QUIZ))

    def subscribe_to_task_events(self, handler: EventHandler) -> None:
        """Every event of background tasks."""
        self.subscribe(handler, types_of(Channel.TASK))

    def subscribe_to_user_notifications(self, handler: EventHandler) -> None:
        """Every notification of a user."""
        self.subscribe(handler, types_of(Channel.USER))

    def subscribe_to_all_events(self, handler: EventHandler) -> None:
        """Every event there is."""
        self.subscribe(handler, EventType)

    def start(self) -> None:
        """Consume in a thread of its own until `close`."""
        subscription = self._subscribe()
        self._thread = threading.Thread(target=self._consume, args=(subscription, self._stop), name=self._consumer)
        self._thread.start()

    def run(self, stop: threading.Event) -> None:
        """Consume until `stop` is set; the batch at hand is finished, or left to others where a dependency is away."""
        self._consume(self._subscribe(), stop)

    def close(self) -> None:
        """End what `start` began."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _register(
        self, handle: BatchHandler, event_types: Iterable[EventType], name: str, *, takes_batches: bool
    ) -> None:
        types = frozenset(event_types)
        for event_type in types:
            self._access.check_consume(event_type.channel)
        if any(registration.name == name for registration in self._registrations):
            raise ConfigurationError([f"two handlers of group {self._group} are called {name!r}"], hint="Name them.")
        self._registrations.append(Registration(name, types, handle, takes_batches))

    def _subscribe(self) -> Subscription:
        channels = sorted({event_type.channel for known in self._registrations for event_type in known.event_types})
        if not channels:
            raise ConfigurationError([f"group {self._group} has no handler"], hint="Subscribe before you start.")
        return self._broker.subscribe(
            [channel.value for channel in channels], self._group, self._consumer, start=self._start_at
        )

    def _consume(self, subscription: Subscription, stop: threading.Event) -> None:
        outages = 0
        try:
            while not stop.is_set():
                try:
                    self._handle(subscription, subscription.read(self._batch_size, wait_seconds=1.0), stop)
                    outages = 0
                except Unavailable as error:
                    outages += 1
                    _log.warning("consumer waits for the broker", group=self._group, problem=error.what)
                    stop.wait(self._rule.delay_after(outages))
        finally:
            _close(subscription)

    def _handle(self, subscription: Subscription, deliveries: Sequence[Delivery], stop: threading.Event) -> None:
        read = [(delivery, event) for delivery in deliveries if (event := self._read(subscription, delivery))]
        work = Work(subscription, self._deduplicator, self._group, read)
        keep_alive = Heartbeat(work.keep, self._keep_interval_seconds)
        try:
            for registration in self._registrations:
                for events in work.portions(registration):
                    if stop.is_set():
                        return
                    keep_alive()
                    self._run(work, registration, events, stop, keep_alive)
        finally:
            work.finish()

    def _run(
        self,
        work: Work,
        registration: Registration,
        events: Sequence[Event],
        stop: threading.Event,
        keep_alive: Callable[[], None],
    ) -> None:
        judgement = run_handler(registration, events, self._rule, stop, keep_alive=keep_alive)
        if judgement.verdict is Verdict.REJECTED and len(events) > 1:
            for event in events:
                self._run(work, registration, [event], stop, keep_alive)
        else:
            work.conclude(registration, events, judgement)
            self._count(events, judgement.verdict)

    def _count(self, events: Sequence[Event], verdict: Verdict) -> None:
        if self._metrics is not None:
            for event in events:
                self._metrics.count(EVENTS_HANDLED, event_type=event.event_type.value, verdict=verdict.value)

    def _read(self, subscription: Subscription, delivery: Delivery) -> Event | None:
        try:
            return self._codec.decode(delivery.message.data)
        except UnknownEventType as error:
            _log.info("event of an unknown type passed over", problem=error.what)
            subscription.ack(delivery)
        except NewerEventVersion as error:
            _log.warning("event left to a newer consumer", problem=error.what)
            subscription.release(delivery, after_seconds=NEWER_VERSION_WAIT_SECONDS)
        except InvalidEvent as error:
            _log.error("message rejected", channel=delivery.message.channel, problem=error.what)
            subscription.reject(delivery, redact_text(str(error)))
        return None


def types_of(channel: Channel) -> list[EventType]:
    """The types that travel in a channel."""
    return [event_type for event_type in EventType if event_type.channel is channel]


def _name_of(handler: EventHandler) -> str:
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    return f"{getattr(handler, '__module__', '')}.{name}"


def _close(subscription: Subscription) -> None:
    try:
        subscription.close()
    except Unavailable as error:
        _log.warning("subscription not closed; its group forgets the consumer later", problem=error.what)
