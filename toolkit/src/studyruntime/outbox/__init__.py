"""The outbox: events leave if, and only if, the transaction that told them commits."""

from studyruntime.outbox.lifecycle import Outcome, Result, RetryPolicy, Status
from studyruntime.outbox.outbox import Outbox
from studyruntime.outbox.rabbitmq import RabbitTarget
from studyruntime.outbox.relay import Batch, OutboxRelay
from studyruntime.outbox.schema import CREATE_OUTBOX, DROP_OUTBOX, create_outbox, outbox_events
from studyruntime.outbox.store import DeadEvent, OutboxRow, OutboxStore
from studyruntime.outbox.targets import OutboxTarget, StreamTarget

__all__ = [
    "CREATE_OUTBOX",
    "DROP_OUTBOX",
    "Batch",
    "DeadEvent",
    "Outbox",
    "OutboxRelay",
    "OutboxRow",
    "OutboxStore",
    "OutboxTarget",
    "Outcome",
    "RabbitTarget",
    "Result",
    "RetryPolicy",
    "Status",
    "StreamTarget",
    "create_outbox",
    "outbox_events",
]
