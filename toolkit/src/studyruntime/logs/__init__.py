"""Structured logs: JSON, correlated, redacted, and an audit trail."""

from studyruntime.logs.audit import AuditEntry, AuditLog, Outcome
from studyruntime.logs.correlation import accept_correlation_id, correlated, current_correlation_id, new_correlation_id
from studyruntime.logs.redaction import REDACTED, redact_entry, redact_field
from studyruntime.logs.setup import configure_logging, get_logger

__all__ = [
    "REDACTED",
    "AuditEntry",
    "AuditLog",
    "Outcome",
    "accept_correlation_id",
    "configure_logging",
    "correlated",
    "current_correlation_id",
    "get_logger",
    "new_correlation_id",
    "redact_entry",
    "redact_field",
]
