"""The status of an environment, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studyctl.cli.console import table
from studyctl.domain.deployment_calendar import Standing
from studyctl.domain.target import Connection
from studyctl.usecases.status import Status

if TYPE_CHECKING:
    from rich.console import RenderableType


Windows = tuple[Standing, bool]
"""What the environment's calendar says now, and whether it counts on this target."""


def as_json(environment: str, connection: Connection, status: Status, windows: Windows) -> dict[str, Any]:
    """Plain values."""
    return {
        "environment": environment,
        "target": connection.kind.value,
        "account_id": connection.account_id,
        "is_deployed": status.is_deployed,
        "state": asdict(status.state) if status.state else None,
        "deployments": {**windows[0].to_json(), "is_binding": windows[1]},
        "lock": asdict(status.lock) if status.lock else None,
        "record": status.record.to_json() if status.record else None,
        "checks": [
            {"kind": check.expectation.kind, "name": check.expectation.name, "ok": check.ok, "detail": check.detail}
            for check in status.checks
        ],
        "last_run": (
            {"run_id": status.standing.run_id, "step": status.standing.step, "phase": status.standing.phase}
            if status.standing
            else None
        ),
    }


def render(status: Status, windows: Windows) -> RenderableType:
    """Facts first, then what the account answers."""
    from rich.console import Group  # noqa: PLC0415

    facts = table(("", ""), list(_facts(status, windows)))
    if not status.checks:
        return facts
    rows = [(c.expectation.kind, c.expectation.name, "ok" if c.ok else "WRONG", c.detail) for c in status.checks]
    return Group(facts, table(("kind", "name", "", "what it answers"), rows))


def _facts(status: Status, windows: Windows) -> list[tuple[str, str]]:
    record, state, lock, standing = status.record, status.state, status.lock, status.standing
    facts = [("deployed", f"{state.resources} resources" if state and status.is_deployed else "nothing")]
    if record:
        facts += [
            ("last deployment", f"{record.number} ({record.operation}) finished {record.finished_at}"),
            ("by", f"{record.actor}, commit {record.commit}"),
        ]
        facts += [("decided against the rules", override) for override in record.overrides]
    facts.append(("deployments", f"{windows[0]}" if windows[1] else f"{windows[0]}; not binding on the emulator"))
    if state:
        facts.append(("state", f"serial {state.serial}, version {state.version_id or 'unversioned'}"))
    facts.append(("lock", str(lock) if lock else "free"))
    if standing and not standing.is_done:
        facts.append(("last run here", f"{standing.run_id} stood at {standing.step}, {standing.phase}, {standing.at}"))
    return facts
