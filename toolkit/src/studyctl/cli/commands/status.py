"""`studyctl status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.wiring import Site


def status(
    context: typer.Context,
    environment: EnvironmentName,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="services, tasks, release, alarms, queues and last smoke test, anew every few seconds; "
            "once, as lines, where there is no terminal",
        ),
    ] = False,
) -> None:
    """Show what is deployed: last deployment, state, lock, and what the account itself answers."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from studyctl.adapters.journal import last_standing  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.cli.status_text import as_json, render  # noqa: PLC0415
    from studyctl.domain.deployment_calendar import standing  # noqa: PLC0415
    from studyctl.usecases.status import look  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    if watch:
        _watch(console, site)
        return
    found = look(site.bucket, site.inventory, standing=last_standing(site.workspace))
    windows = standing(site.environment.deployments, datetime.now(UTC)), site.keeps_windows
    console.data(as_json(environment, site.connection, found, windows), render(found, windows))


def _watch(console: Console, site: Site) -> None:
    from studyctl.cli import live_screen  # noqa: PLC0415
    from studyctl.cli.live_sources import look_at  # noqa: PLC0415

    name = site.environment.name
    terminal = console.terminal
    if terminal is None:
        view = look_at(site)
        console.data(live_screen.as_json(view, name), live_screen.plain_lines(view, name))
        return
    live_screen.watch(lambda: look_at(site), terminal, name)
