from __future__ import annotations

import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from studyruntime.config import ServiceSettings, Settings
from studyruntime.logs import (
    AuditEntry,
    AuditLog,
    Outcome,
    accept_correlation_id,
    configure_logging,
    correlated,
    current_correlation_id,
    get_logger,
)

SETTINGS = Settings(
    deployment_environment="staging", log_level="info", service=ServiceSettings(name="api", version="r7")
)


class Lines:
    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def only(self) -> dict[str, Any]:
        (line,) = self.all()
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    before = root.handlers, root.level
    stream = io.StringIO()
    configure_logging(SETTINGS, stream)
    yield Lines(stream)
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_an_entry_is_one_line_of_json_that_says_who_and_when(lines: Lines) -> None:
    get_logger("study.documents").info("document stored", document_id="doc456", size_bytes=12)

    entry = lines.only()
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "document stored",
        "document_id": "doc456",
        "size_bytes": 12,
        "level": "info",
        "logger": "study.documents",
        "service": "api",
        "version": "r7",
        "environment": "staging",
    }


def test_entries_of_libraries_look_the_same_and_are_redacted(lines: Lines) -> None:
    logging.getLogger("some.library").warning("mail to %s", "ada@example.com", extra={"password": "hunter2"})

    entry = lines.only()
    assert (entry["event"], entry["password"], entry["logger"]) == ("mail to [email]", "[redacted]", "some.library")


def test_warnings_of_python_are_entries(lines: Lines) -> None:
    warnings.warn("old call", DeprecationWarning, stacklevel=1)

    assert "old call" in lines.only()["event"]


def test_levels_below_the_configured_one_are_not_written(lines: Lines) -> None:
    get_logger("study").debug("detail")
    logging.getLogger("botocore").info("detail")

    assert lines.all() == []


def test_an_exception_is_data_without_local_variables(lines: Lines) -> None:
    def connect(password: str) -> None:
        raise ValueError(f"cannot reach redis://study:{password}@cache")

    try:
        connect("hunter2")
    except ValueError:
        get_logger("study").exception("no connection")

    (raised,) = lines.only()["exception"]
    assert (raised["exc_type"], raised["exc_value"]) == ("ValueError", "cannot reach redis://study:[password]@cache")
    assert raised["frames"][-1]["name"] == "connect"
    assert "hunter2" not in lines.stream.getvalue()


def test_the_correlation_id_is_in_every_entry_of_its_work_only(lines: Lines) -> None:
    with correlated("request-1"):
        get_logger("study").info("inside")
        logging.getLogger("library").info("inside too")
        with correlated(None):
            assert current_correlation_id() == "request-1"
    get_logger("study").info("outside")

    assert [entry.get("correlation_id") for entry in lines.all()] == ["request-1", "request-1", None]


def test_another_thread_does_not_see_it() -> None:
    seen: list[str | None] = []
    with correlated("request-1"):
        thread = threading.Thread(target=lambda: seen.append(current_correlation_id()))
        thread.start()
        thread.join()

    assert seen == [None]


@pytest.mark.parametrize("offered", ["a" * 65, "", "two words", "line\nbreak", 'a"b', None, "ä"])
def test_a_harmful_id_from_outside_is_replaced(offered: str | None) -> None:
    accepted = accept_correlation_id(offered)

    assert accepted != offered
    assert accept_correlation_id(accepted) == accepted


def test_a_caller_cannot_pass_for_another_service(lines: Lines) -> None:
    get_logger("study").info("hello", service="payments", environment="prod")

    assert (lines.only()["service"], lines.only()["environment"]) == ("api", "staging")


def test_audit_entries_are_written_at_every_level(lines: Lines) -> None:
    logging.getLogger().setLevel(logging.ERROR)

    AuditLog().record(
        AuditEntry(
            actor="user123",
            action="document.delete",
            target="document/doc456",
            outcome=Outcome.DENIED,
            details={"outcome": "allowed", "email": "ada@example.com"},
        )
    )

    entry = lines.only()
    assert (entry["log_type"], entry["event"], entry["actor"]) == ("audit", "document.delete", "user123")
    assert (entry["target"], entry["outcome"]) == ("document/doc456", "denied")
    assert entry["details"] == {"outcome": "allowed", "email": "[redacted]"}
