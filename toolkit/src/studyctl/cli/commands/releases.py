"""`studyctl releases` and `studyctl releases show`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from studyctl.cli.commands.deploy import EnvironmentName

LIST = "list"


class _ListsByDefault(TyperGroup):
    """`releases ENV` is short for `releases list ENV`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Add the word that was left out."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [LIST, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ListsByDefault,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What was released: `releases ENV` lists, `releases show` tells all.",
)


@app.command(LIST)
def list_releases(context: typer.Context, environment: EnvironmentName) -> None:
    """List releases and rollbacks, newest first, and which of them serves."""
    from studyctl.cli.release_text import entry_json, list_text  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.usecases.releases import look  # noqa: PLC0415
    from studyctl.wiring_releases import ledger_for  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    overview = look(ledger_for(site))
    document = {
        "environment": environment,
        "serving": overview.serving.number if overview.serving else None,
        "unfinished": overview.left.number if overview.left else None,
        "rollback_line": list(overview.line),
        "entries": [entry_json(entry) for entry in overview.entries],
    }
    console.data(document, list_text(overview))
    if overview.left is not None:
        left = overview.left
        what = "bakes" if left.is_baking else f"is not finished: studyctl release {environment} --resume"
        console.warn(f"{left.operation} {left.number} {what}")


@app.command("show")
def show_release(
    context: typer.Context,
    environment: EnvironmentName,
    entry: Annotated[int, typer.Argument(help="number of the entry, as `releases` lists it", show_default=False)],
) -> None:
    """Show one entry: who, what, images, revisions, verdicts, and each step with its time."""
    from studyctl.cli.release_text import entry_json, entry_text  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.usecases.releases import show  # noqa: PLC0415
    from studyctl.wiring_releases import ledger_for  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    found = show(ledger_for(site), entry, environment)
    console.data(entry_json(found), entry_text(found))
