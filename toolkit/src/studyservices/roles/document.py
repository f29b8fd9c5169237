"""The role `document`: text out of uploads."""

from __future__ import annotations

from studyservices.roles.working import work
from studyservices.surroundings import Surroundings


def run(surroundings: Surroundings) -> int:
    """Work until SIGTERM; the exit code."""
    return work(surroundings, "document_queue")
