"""The role `notification`: what users are told, kept and shown."""

from __future__ import annotations

from collections.abc import Mapping

from studyruntime.health import Check
from studyruntime.metrics import Metrics
from studyservices.assembly import Assembly
from studyservices.instruments import measured
from studyservices.notification.application import build_notification
from studyservices.roles.answering import answer
from studyservices.surroundings import Surroundings


def run(surroundings: Surroundings) -> int:
    """Answer requests and hold sockets until SIGTERM; the exit code."""
    return answer(surroundings, build_notification, _checks)


def _checks(assembly: Assembly, metrics: Metrics) -> Mapping[str, Check]:
    return {"database": measured(assembly.database, metrics), "broker": assembly.broker.ping}
