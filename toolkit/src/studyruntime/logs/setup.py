"""Logging of a process: one JSON object a line on standard output, from our code and from every library alike."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from studyruntime.config import Settings
from studyruntime.logs.correlation import current_correlation_id
from studyruntime.logs.redaction import redact_entry
from studyruntime.traces import current_trace_id

QUIET_LIBRARIES = ("botocore", "urllib3", "httpx", "httpcore", "kombu", "amqp", "aiormq", "asyncio")
"""What these say at info is about themselves; their warnings are kept."""


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Set logging up for the whole process, once, first thing. Entries go to `stream`, by default standard output."""
    shared = _shared_processors(settings)
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact_entry,
                structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; works before `configure_logging` too, with structlog's own defaults."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _shared_processors(settings: Settings) -> list[Processor]:
    identity = {
        "service": settings.service.name,
        "version": settings.service.version,
        "environment": settings.deployment_environment,
    }

    def add_identity(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        correlation_id = current_correlation_id()
        if correlation_id is not None:
            entry["correlation_id"] = correlation_id
        trace_id = current_trace_id()
        if trace_id is not None:
            entry["trace_id"] = trace_id
        entry.update(identity)
        return entry

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=30)
        ),
        add_identity,
    ]
