"""`studyctl status`."""

from __future__ import annotations

import typer

from studyctl.cli.commands.deploy import EnvironmentName


def status(context: typer.Context, environment: EnvironmentName) -> None:
    """Show what is deployed: last deployment, state, lock, and what the account itself answers."""
    from studyctl.adapters.journal import last_standing  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.cli.status_text import as_json, render  # noqa: PLC0415
    from studyctl.usecases.status import look  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    found = look(site.bucket, site.inventory, standing=last_standing(site.workspace))
    console.data(as_json(environment, site.connection, found), render(found))
