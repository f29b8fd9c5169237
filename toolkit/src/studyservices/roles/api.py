"""The role `api`: documents, quizzes and search."""

from __future__ import annotations

from collections.abc import Mapping

from studyruntime.health import Check
from studyruntime.metrics import Metrics
from studyservices.api.application import build_api
from studyservices.assembly import Assembly
from studyservices.instruments import measured
from studyservices.keys import UPLOADS
from studyservices.roles.answering import answer
from studyservices.surroundings import Surroundings


def run(surroundings: Surroundings) -> int:
    """Answer requests until SIGTERM; the exit code."""
    return answer(surroundings, build_api, _checks)


def _checks(assembly: Assembly, metrics: Metrics) -> Mapping[str, Check]:
    return {
        "database": measured(assembly.database, metrics),
        "storage": lambda: assembly.storage.ping(UPLOADS),
        "qdrant": assembly.passages.ping,
    }
