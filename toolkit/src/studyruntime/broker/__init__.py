"""Messages between services."""

from studyruntime.broker.messages import DeadLetter, Delivery, Hint, Message, Payload
from studyruntime.broker.protocol import Listener, MessageBroker, StartAt, Subscription
from studyruntime.broker.redis_streams import RedisStreamBroker

__all__ = [
    "DeadLetter",
    "Delivery",
    "Hint",
    "Listener",
    "Message",
    "MessageBroker",
    "Payload",
    "RedisStreamBroker",
    "StartAt",
    "Subscription",
]
