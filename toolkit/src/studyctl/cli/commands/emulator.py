"""`studyctl emulator up | down | status | logs`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.options import GlobalOptionsGroup
from studyctl.errors import PreflightFailed

app = typer.Typer(
    cls=GlobalOptionsGroup,
    help="The AWS emulator that runs on this machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def up(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="port on 127.0.0.1; 0 takes a free one", min=0, max=65535)] = 0,
) -> None:
    """Start the emulator, or find it running."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415

    endpoint = wiring.start_emulator(wiring.find_repository(), port=port)
    console_of(context).data(
        {"url": endpoint.url, "pid": endpoint.pid, "boot_id": endpoint.boot_id, "log": str(endpoint.log_path)},
        f"The emulator runs at {endpoint.url} (process {endpoint.pid})",
    )


@app.command()
def down(context: typer.Context) -> None:
    """Stop the emulator. It keeps nothing: environments deployed on it are gone."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.emulator import process  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415

    stopped = process.stop(wiring.emulator_folder(wiring.find_repository()))
    console_of(context).data(
        {"stopped": stopped}, "The emulator is stopped" if stopped else "The emulator was not running"
    )


@app.command()
def status(context: typer.Context) -> None:
    """Show whether it runs, what it was asked, what it stands in for, and what it cannot do."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.emulator import process  # noqa: PLC0415
    from studyctl.adapters.emulator.capabilities import CAPABILITIES  # noqa: PLC0415
    from studyctl.cli.emulator_text import as_json, render  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415

    endpoint = process.find(wiring.emulator_folder(wiring.find_repository()))
    state = process.status(endpoint) if endpoint else None
    console_of(context).data(as_json(endpoint, state, CAPABILITIES), render(endpoint, state, CAPABILITIES))


@app.command()
def logs(
    context: typer.Context,
    lines: Annotated[int, typer.Option("--lines", "-n", help="how many of the last lines", min=1)] = 40,
) -> None:
    """Print the end of the emulator's log."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.emulator.endpoint import LOG_FILE  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415

    path = wiring.emulator_folder(wiring.find_repository()) / LOG_FILE
    if not path.exists():
        raise PreflightFailed("the emulator has no log yet", hint="Start it: studyctl emulator up")
    tail = path.read_text("utf-8", errors="replace").splitlines()[-lines:]
    console_of(context).data({"log": tail}, "\n".join(tail))
