"""The emulator's status, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studyctl.adapters.emulator.capabilities import Capability
from studyctl.adapters.emulator.process import EmulatorEndpoint, EmulatorStatus
from studyctl.cli.console import table

if TYPE_CHECKING:
    from rich.console import RenderableType


def as_json(
    endpoint: EmulatorEndpoint | None, status: EmulatorStatus | None, capabilities: Sequence[Capability]
) -> dict[str, Any]:
    """Plain values."""
    return {
        "running": endpoint is not None,
        "url": endpoint.url if endpoint else None,
        "pid": endpoint.pid if endpoint else None,
        "boot_id": endpoint.boot_id if endpoint else None,
        "requests": dict(status.requests) if status else {},
        "unimplemented": [asdict(gap) for gap in status.unimplemented] if status else [],
        "failures": [asdict(gap) for gap in status.failures] if status else [],
        "capabilities": [{**asdict(capability), "support": capability.support.value} for capability in capabilities],
    }


def render(
    endpoint: EmulatorEndpoint | None, status: EmulatorStatus | None, capabilities: Sequence[Capability]
) -> RenderableType:
    """Whether it runs, what it could not answer so far, and the table of what it is worth."""
    from rich.console import Group  # noqa: PLC0415

    parts: list[RenderableType] = [_headline(endpoint, status)]
    if status and (gaps := [*status.unimplemented, *status.failures]):
        rows = [(gap.service, gap.operation, str(gap.count), gap.reason) for gap in gaps]
        parts.append(table(("service", "operation", "times", "why"), rows, title="Asked for and not answered"))
    rows_of_worth = [(c.service, c.support.value, c.what, c.instead) for c in capabilities]
    parts.append(table(("service", "", "what", "here"), rows_of_worth, title="What it is worth"))
    return Group(*parts)


def _headline(endpoint: EmulatorEndpoint | None, status: EmulatorStatus | None) -> str:
    if endpoint is None or status is None:
        return "The emulator is not running. Start it: studyctl emulator up"
    calls = sum(status.requests.values())
    return (
        f"Running at {endpoint.url} (process {endpoint.pid}) for {status.uptime_seconds:.0f} s, "
        f"{calls} calls, moto {status.moto_version}"
    )
