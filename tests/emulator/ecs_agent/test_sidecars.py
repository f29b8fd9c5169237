"""What a service's tasks run without is said by one event, however many tasks there are."""

from __future__ import annotations

from types import SimpleNamespace

from studyctl.adapters.emulator.ecs_agent.account import Place
from studyctl.adapters.emulator.ecs_agent.container import Sidecar
from studyctl.adapters.emulator.ecs_agent.publishing import announce_sidecars
from studyctl.adapters.emulator.ecs_agent.records import ServiceRecord


def test_it_is_said_once_until_it_changes() -> None:
    record = ServiceRecord(Place("123456789012", "us-east-1"), SimpleNamespace(name="study-dev-api", events=[]))
    announce_sidecars(record, ())
    for sidecars in [["collector"], ["collector"], ["collector", "proxy"], ["collector", "proxy"]]:
        announce_sidecars(record, [Sidecar(name) for name in sidecars])

    reason = "the emulator runs the essential container of a task and no sidecars."
    assert [event["message"] for event in record.model.events] == [
        f"(service study-dev-api) runs without collector and proxy: {reason}",
        f"(service study-dev-api) runs without collector: {reason}",
    ]
