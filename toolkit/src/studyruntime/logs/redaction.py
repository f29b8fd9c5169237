"""Removes personal data and secrets from log entries: by the name of a field, and by what its text looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from studyruntime.logs.patterns import redact_text

REDACTED = "[redacted]"
TOO_DEEP = "[too deep]"
MAX_DEPTH = 8

PRIVATE_NAMES = re.compile(
    r"pass(?:word|wd|phrase)|pwd|secret|token|authorization|cookie|credential|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|signing[_-]?key|encryption[_-]?key|session[_-]?(?:id|key|data)|ssn|iban|card[_-]?number|cvv"
    r"|e?mail|phone|birth|first[_-]?name|last[_-]?name|full[_-]?name|street|postal",
    re.IGNORECASE,
)
"""A field with such a name is redacted whatever it holds."""

HARMLESS_NAMES = frozenset({"tokens", "token_count", "max_tokens", "secret_name", "key_id", "email_count"})
UNTOUCHED = frozenset(
    {"timestamp", "level", "logger", "service", "version", "environment", "correlation_id", "trace_id"}
)
"""Written by the logging itself, never by a caller."""


def redact_entry(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor. Stands last before the renderer, so that it sees what every other one added."""
    for name, value in entry.items():
        if name not in UNTOUCHED:
            entry[name] = redact_field(name, value)
    return entry


def redact_field(name: str, value: Any, depth: int = 0) -> Any:
    """A value without what is private, judged by its name first."""
    if value is not None and is_private(name):
        return REDACTED
    return _redact_value(value, depth)


def is_private(name: str) -> bool:
    """Whether a field of this name is redacted whatever it holds."""
    return name.lower() not in HARMLESS_NAMES and PRIVATE_NAMES.search(name) is not None


def _redact_value(value: Any, depth: int) -> Any:
    match value:
        case None | bool() | int() | float():
            redacted: Any = value
        case bytes():
            redacted = f"[{len(value)} bytes]"
        case Mapping() | list() | tuple() | set() | frozenset() if depth >= MAX_DEPTH:
            redacted = TOO_DEEP
        case Mapping():
            redacted = {redact_text(str(key)): redact_field(str(key), item, depth + 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            redacted = [_redact_value(item, depth + 1) for item in value]
        case _:
            redacted = redact_text(str(value))
    return redacted
