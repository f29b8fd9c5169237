"""Where the relay takes events: to the stream all of them, and those that ask for work to their queue as well.

Both are at least once. A relay that is killed between the two does both again: a task that comes twice finds nothing to
do, and an event that comes twice has the id of the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from studyruntime.errors import RuntimeFailure, Unavailable
from studyruntime.events.codec import EventCodec
from studyruntime.events.event import Event
from studyruntime.events.kinds import EventType
from studyruntime.outbox import OutboxRow, OutboxTarget, Outcome, Result
from studyruntime.tasks import TaskQueue
from studyruntime.traces import continued
from studyservices.work.requests import WorkRequest


class DispatchingTarget:
    """A target around the one for events."""

    def __init__(self, events: OutboxTarget, tasks: TaskQueue, codec: EventCodec) -> None:
        self._events = events
        self._tasks = tasks
        self._codec = codec

    def publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        """See `OutboxTarget.publish`. An event whose task could not be enqueued is not told either: both come again."""
        refused = {row.id: outcome for row in rows if (outcome := self._enqueue(row)) is not None}
        others = [row for row in rows if row.id not in refused]
        told = dict(zip((row.id for row in others), self._events.publish(others), strict=True)) if others else {}
        return [refused.get(row.id) or told[row.id] for row in rows]

    def close(self) -> None:
        """Let go of the events' target; the queue belongs to whoever made it."""
        self._events.close()

    def _enqueue(self, row: OutboxRow) -> Outcome | None:
        """Put the work that an event asks for into its queue; what went wrong, or nothing."""
        if row.event_type != EventType.TASK_STATUS_UPDATE.value:
            return None
        try:
            self._put_into_queue(self._codec.decode(row.payload))
        except Unavailable as error:
            return Outcome(Result.UNREACHED, error.what)
        except (RuntimeFailure, ValueError) as error:
            return Outcome(Result.REFUSED, f"{type(error).__name__}: {error}")
        return None

    def _put_into_queue(self, event: Event) -> None:
        request = WorkRequest.from_event(event)
        if request is not None:
            told = {"user_id": request.user_id, "correlation_id": event.correlation_id}
            with continued(event.traceparent):
                self._tasks.enqueue(request.work.task, (str(request.subject_id),), told, queue=request.work.queue)
