"""From the event stream to users: what is told is kept first, then every replica hears that something came."""

from __future__ import annotations

from studyruntime.broker import MessageBroker
from studyruntime.errors import Unavailable
from studyruntime.events.event import Event
from studyruntime.logs import get_logger
from studyservices.notification.hints import CHANNEL, LiveEvent, UserHint
from studyservices.notification.store import NotificationStore
from studyservices.notification.texts import notification_text

GROUP = "notification"
_log = get_logger(__name__)


class Feed:
    """Handles each event once in the group of all replicas."""

    def __init__(self, store: NotificationStore, broker: MessageBroker) -> None:
        self._store = store
        self._broker = broker

    def handle(self, event: Event) -> None:
        """Keep what the user is told of an event, and tell the replicas.

        Raises:
            Unavailable: the database does not answer; the event comes again.
        """
        text = notification_text(event)
        if text is not None:
            self._store.add(event, text)
        hint = UserHint(user_id=event.user_id, event=LiveEvent.of(event))
        try:
            self._broker.broadcast(CHANNEL, hint.encode())
        except Unavailable as error:  # sockets find what was kept without it
            _log.warning("hint not broadcast", event_id=event.event_id, problem=error.what)
