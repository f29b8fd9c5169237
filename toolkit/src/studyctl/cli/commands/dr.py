"""`studyctl dr`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName

INSUFFICIENT = 2

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What would be left of an environment if its region were lost."
)


@app.callback()
def dr() -> None:
    """If the region of an environment were lost."""


@app.command()
def plan(
    context: typer.Context,
    environment: EnvironmentName,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="exit 2 when more would be lost than may be")
    ] = False,
) -> None:
    """Say what could be had again in the backup region, from what, how much would be lost and what stands in the way.

    Reads the environment's file and calls nothing. It recovers nothing: see docs/disaster-recovery.md.
    """
    from studyctl.adapters.specs import SpecFiles  # noqa: PLC0415
    from studyctl.cli.disaster_text import as_json, footing, render  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.disaster import plan_recovery  # noqa: PLC0415
    from studyctl.wiring import find_repository  # noqa: PLC0415

    console = console_of(context)
    found = plan_recovery(SpecFiles(find_repository()).load(environment))
    console.say(f"{found.environment}: {found.lost_region} is lost, {found.backup_region} is left", style="bold")
    console.data(as_json(found), render(found))
    for line in footing(found):
        console.say(line)
    if detailed_exitcode and not found.is_sufficient:
        raise typer.Exit(INSUFFICIENT)
