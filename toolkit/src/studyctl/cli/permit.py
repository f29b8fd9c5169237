"""Whether a command may change an environment now: asked of its file when the command begins, and told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.domain.deployment_permit import Permit
    from studyctl.wiring import Site

OverrideFreeze = Annotated[
    str | None,
    typer.Option("--override-freeze", metavar="REASON", help="outside windows or in a freeze; the reason is recorded"),
]


def permit_for(console: Console, site: Site, override: str | None, *, dry_run: bool = False) -> Permit:
    """What the calendar says now. Nothing is refused yet: a command that changes nothing may run at any time.

    Raises:
        UsageError: the reason for an override says nothing.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from studyctl.domain.deployment_calendar import standing  # noqa: PLC0415
    from studyctl.domain.deployment_permit import Permit, parse_reason  # noqa: PLC0415

    reason = parse_reason(override) if override is not None else ""
    environment = site.environment
    found = standing(environment.deployments, datetime.now(UTC)) if site.keeps_windows else None
    permit = Permit(environment.name, found, reason)
    if permit.is_given:
        if reason:
            console.say(f"{environment.name} may be changed now, so the reason is not needed and not recorded")
    elif reason:
        console.warn(f"{environment.name} is {found}; it goes on because: {reason}")
    else:
        console.warn(f"{environment.name} is {found}: {'a deploy' if dry_run else 'whatever changes it'} is refused")
    return permit
