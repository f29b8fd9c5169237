import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.terraform import events as parser
from studyctl.adapters.terraform.events import LineBuffer, parse_line
from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyProgressed,
    ApplyStarted,
    ChangePlanned,
    ChangeSummary,
    Diagnostic,
    Event,
    LockWaited,
    Other,
    OutputsReported,
    VersionReported,
)

AT = "2026-11-22T15:55:37.151264Z"
SECONDS = 1795362937.151264
RESOURCE = {"addr": "module.a.aws_x.b[0]", "module": "module.a"}
MARKER = "hunter2-marker"
KINDS = [
    "planned_change",
    "apply_start",
    "apply_complete",
    "change_summary",
    "diagnostic",
    "outputs",
    "version",
    "new_kind",
]


def line(kind: str, **fields: Any) -> bytes:
    return json.dumps({"@level": "info", "@message": MARKER, "@timestamp": AT, "type": kind, **fields}).encode()


def hook(action: str = "create", **fields: Any) -> dict[str, Any]:
    return {"resource": RESOURCE, "action": action, **fields}


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (line("version", terraform="1.11.4"), VersionReported(at=SECONDS, terraform="1.11.4")),
        (
            line("planned_change", change={"resource": RESOURCE, "action": "replace", "reason": "tainted"}),
            ChangePlanned(at=SECONDS, address=RESOURCE["addr"], action=Action.REPLACE, reason="tainted"),
        ),
        (line("apply_start", hook=hook()), ApplyStarted(at=SECONDS, address=RESOURCE["addr"], action=Action.CREATE)),
        (
            line("apply_progress", hook=hook(elapsed_seconds=20)),
            ApplyProgressed(at=SECONDS, address=RESOURCE["addr"], action=Action.CREATE, elapsed_seconds=20),
        ),
        (
            line("apply_complete", hook=hook("delete", elapsed_seconds=3, id_key="id", id_value="vpc-1")),
            ApplyCompleted(
                at=SECONDS, address=RESOURCE["addr"], action=Action.DELETE, elapsed_seconds=3, resource_id="vpc-1"
            ),
        ),
        (
            line("change_summary", changes={"add": 1, "change": 2, "remove": 3, "import": 4, "operation": "apply"}),
            ChangeSummary(at=SECONDS, operation="apply", add=1, change=2, remove=3, imported=4),
        ),
        (line("state_lock_acquire"), LockWaited(at=SECONDS)),
        (line("a_kind_of_next_year", anything=1), Other(at=SECONDS, kind="a_kind_of_next_year")),
        (line("apply_start", hook=None), Other(at=SECONDS, kind="apply_start")),
        (b"Error: not JSON", Other(kind="text")),
        (b"[1]", Other(kind="text")),
    ],
)
def test_a_line_is_an_event(raw: bytes, event: Event) -> None:
    assert parse_line(raw) == event


def test_an_action_of_next_year_is_unknown_but_counted() -> None:
    event = parse_line(line("planned_change", change={"resource": RESOURCE, "action": "transmogrify"}))
    assert isinstance(event, ChangePlanned)
    assert event.action is Action.UNKNOWN


def test_no_value_gets_into_an_event() -> None:
    diagnostic = {
        "severity": "error",
        "summary": "Invalid value",
        "detail": "It is too long.",
        "address": "aws_x.b",
        "range": {"filename": "main.tf", "start": {"line": 3}},
        "snippet": {"code": f'password = "{MARKER}"', "values": [{"traversal": "var.x", "statement": f"is {MARKER}"}]},
    }
    found = [
        parse_line(line("diagnostic", diagnostic=diagnostic)),
        parse_line(line("outputs", outputs={"a": {"sensitive": False, "value": MARKER}, "b": {"sensitive": True}})),
    ]
    assert MARKER not in repr(found)
    assert isinstance(found[0], Diagnostic)
    assert found[0].where == "main.tf:3"
    assert isinstance(found[1], OutputsReported)
    assert found[1].sensitive_by_name == {"a": False, "b": True}


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event(raw: bytes) -> None:
    assert isinstance(parse_line(raw), Event)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(["hook", "change", "changes", "diagnostic", "outputs"]),
        st.none() | st.integers() | st.text() | st.lists(st.none()) | st.dictionaries(st.text(), st.text()),
    ),
)
def test_any_shape_under_a_known_kind_is_an_event(kind: str, fields: dict[str, Any]) -> None:
    assert isinstance(parse_line(line(kind, **fields)), Event)


@given(st.lists(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw and raw.strip() != b"")), st.data())
def test_events_do_not_depend_on_where_a_read_ended(lines: list[bytes], data: st.DataObject) -> None:
    content = b"".join(raw + b"\n" for raw in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    buffer = LineBuffer()
    found: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        found.extend(buffer.feed(content[start:end]))
    assert [*found, *buffer.end()] == [parse_line(raw) for raw in lines]


def test_a_torn_last_line_is_not_lost_and_not_taken_for_an_event() -> None:
    buffer = LineBuffer()
    assert list(buffer.feed(line("version", terraform="1")[:-5])) == []
    assert list(buffer.end()) == [Other(kind="text")]


def test_a_line_without_end_does_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MAX_LINE_BYTES", 10)
    buffer = LineBuffer()
    assert list(buffer.feed(b"x" * 11)) == []
    assert list(buffer.feed(b"x\n" + line("version", terraform="1") + b"\n")) == [
        VersionReported(at=SECONDS, terraform="1")
    ]
