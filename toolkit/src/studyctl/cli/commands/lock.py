"""`studyctl lock show` and `studyctl lock release`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who works on an environment now.")


@app.command()
def show(context: typer.Context, environment: EnvironmentName) -> None:
    """Show who holds the locks: on releases, and terraform's on the state."""
    from studyctl.cli.console import table  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.wiring_releases import lock_store_for  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    held, state = lock_store_for(site).held(), site.bucket.lock()
    document = {
        "environment": environment,
        "releases": None
        if held is None
        else {**held.lock.model_dump(), "silent_seconds": held.silent_seconds, "is_stale": held.is_stale},
        "state": str(state) if state else None,
    }
    standing = f"{held.lock}; {held.liveness}" if held else "free"
    console.data(
        document, table(("lock", "holder"), [("releases", standing), ("state", str(state) if state else "free")])
    )


@app.command()
def release(
    context: typer.Context,
    environment: EnvironmentName,
    force: Annotated[
        bool, typer.Option("--force", help="although it was silent for seconds only; its command will stop by itself")
    ] = False,
) -> None:
    """Release the lock on releases that a dead command left. One whose holder lives is refused."""
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.usecases.release_lock import release_lock  # noqa: PLC0415
    from studyctl.wiring_releases import lock_store_for  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    released = release_lock(lock_store_for(site), environment, force=force)
    text = f"{environment}: released the lock of {released}" if released else f"{environment}: nobody held it"
    console.data({"environment": environment, "released": released.model_dump() if released else None}, text)
