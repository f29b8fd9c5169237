"""Who did what to what, and whether he was allowed to. Audit entries are log lines marked `log_type: audit`."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog

LOGGER_NAME = "audit"
LOG_TYPE = "audit"


class Outcome(StrEnum):
    """How it ended."""

    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act. `actor` is an id, never a name; details are redacted like any other log field."""

    actor: str
    action: str
    target: str
    outcome: Outcome
    details: dict[str, Any] = field(default_factory=dict)


class AuditLog:
    """Writes audit entries. They are written at every log level: nobody turns them off to save space."""

    def __init__(self) -> None:
        logging.getLogger(LOGGER_NAME).setLevel(logging.INFO)
        self._logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(LOGGER_NAME)

    def record(self, entry: AuditEntry) -> None:
        """Write one entry. Details cannot pass for the entry's own fields: they stand in a field of their own."""
        self._logger.info(
            entry.action,
            log_type=LOG_TYPE,
            actor=entry.actor,
            target=entry.target,
            outcome=entry.outcome.value,
            details=entry.details,
        )
