"""What waits in the outbox is told although nobody publishes anything: a relay that hangs cannot hide."""

from __future__ import annotations

import uuid

from studyruntime.database import Database
from studyruntime.metrics import ALL_METRICS, EmfBuffer, Metrics
from studyservices.api.library import Library, NewDocument
from studyservices.instruments import OF_SERVICES, OUTBOX_OLDEST, OUTBOX_WAITING
from studyservices.outbox_backlog import measure_outbox
from studyservices.work.journal import Journal

AGE_SECONDS = 120


def test_the_age_of_what_waits_is_told_again_and_again(database: Database, journal: Journal) -> None:
    buffer = EmfBuffer({"service": "outbox-relay", "environment": "test"})
    metrics = Metrics((*ALL_METRICS, *OF_SERVICES), emf=buffer)

    def told() -> dict[str, float]:
        measure_outbox(database, metrics)
        names = (OUTBOX_WAITING.name, OUTBOX_OLDEST.name)
        return {name: document[name] for document in buffer.drain(0) for name in names if name in document}

    assert told() == {OUTBOX_WAITING.name: 0, OUTBOX_OLDEST.name: 0}
    Library(database, journal).add(NewDocument(uuid.uuid4(), "user-1", "f", "text/plain", 1, "0", True, 0))
    with database.raw_connection() as connection:
        connection.execute(
            "UPDATE outbox_events SET created_at = created_at - %s * interval '1 second'", (AGE_SECONDS,)
        )

    for _ in range(2):
        found = told()
        assert found[OUTBOX_WAITING.name] == 2, "the document and its work"
        assert found[OUTBOX_OLDEST.name] >= AGE_SECONDS
