"""Messages between services."""

from studyruntime.broker.messages import DeadLetter, Delivery, Hint, Message, Payload
from studyruntime.broker.protocol import Listener, MessageBroker, StartAt, Subscription

__all__ = [
    "DeadLetter",
    "Delivery",
    "Hint",
    "Listener",
    "Message",
    "MessageBroker",
    "Payload",
    "StartAt",
    "Subscription",
]
