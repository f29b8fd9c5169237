"""The role `document`: text out of uploads."""

from __future__ import annotations

from studyservices.keys import UPLOADS
from studyservices.roles.working import work
from studyservices.surroundings import Surroundings
from studyservices.tasks import workshop


def run(surroundings: Surroundings) -> int:
    """Work until SIGTERM; the exit code."""
    workshop.open(surroundings)
    parts = workshop.assembly
    database, storage = parts.database, parts.storage
    checks = {
        "database": database.health,
        "storage": lambda: storage.ping(UPLOADS),
    }
    return work(surroundings, "document_queue", checks)
