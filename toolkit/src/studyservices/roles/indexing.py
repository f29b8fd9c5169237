"""The role `indexing`: passages and their vectors."""

from __future__ import annotations

from studyservices.keys import PROCESSED
from studyservices.roles.working import work
from studyservices.surroundings import Surroundings
from studyservices.tasks import workshop


def run(surroundings: Surroundings) -> int:
    """Work until SIGTERM; the exit code."""
    workshop.open(surroundings)
    parts = workshop.assembly
    database, storage, passages = parts.database, parts.storage, parts.passages
    checks = {
        "database": database.health,
        "storage": lambda: storage.ping(PROCESSED),
        "qdrant": passages.ping,
    }
    return work(surroundings, "indexing_queue", checks)
