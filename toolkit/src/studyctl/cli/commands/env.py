"""`studyctl env list | show | diff | export`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.commands.env_export import export
from studyctl.cli.options import GlobalOptionsGroup

app = typer.Typer(
    cls=GlobalOptionsGroup,
    help="What environments are, and how they differ.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command()(export)


@app.command("list")
def list_environments(context: typer.Context) -> None:
    """List the environments of this checkout and where they live."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.cli.console import table  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases import compare_environments  # noqa: PLC0415

    found = compare_environments.list_environments(wiring.specs())
    console_of(context).data(
        [
            {
                "name": e.name,
                "target": e.target.value,
                "account_id": e.account_id,
                "region": e.region,
                "domain": e.domain,
            }
            for e in found
        ],
        table(
            ("environment", "target", "account", "region", "domain", "may be destroyed"),
            [
                (e.name, e.target.value, e.account_id or "-", e.region, e.domain, "yes" if e.can_be_destroyed else "no")
                for e in found
            ],
        ),
    )


@app.command()
def show(context: typer.Context, environment: EnvironmentName) -> None:
    """Show every value in effect, defaults included."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.cli.console import table  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases.compare_environments import show_environment  # noqa: PLC0415

    settings = show_environment(wiring.specs().load(environment))
    console_of(context).data(
        {setting.key: setting.value for setting in settings},
        table(("key", "value", ""), [(s.key, _text(s.value), "default" if s.is_default else "") for s in settings]),
    )


@app.command()
def diff(
    context: typer.Context,
    left: Annotated[str, typer.Argument(help="an environment", show_default=False)],
    right: Annotated[str, typer.Argument(help="another one", show_default=False)],
) -> None:
    """Show what differs between two environments."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.cli.console import table  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases.compare_environments import compare_environments  # noqa: PLC0415

    specs = wiring.specs()
    parity = compare_environments(specs.load(left), specs.load(right))
    console = console_of(context)
    console.data(
        {pair.key: {left: _plain(pair.left), right: _plain(pair.right)} for pair in parity.different},
        table(("key", left, right), [(pair.key, _text(pair.left), _text(pair.right)) for pair in parity.different]),
    )
    console.say(f"{len(parity.same)} values are the same, {len(parity.different)} differ")


def _plain(value: Any) -> Any:
    from studyctl.usecases.compare_environments import ABSENT  # noqa: PLC0415

    return None if value is ABSENT else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value)
    except TypeError:
        return repr(value)
