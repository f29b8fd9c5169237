"""`studyctl outputs`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.errors import UsageError


def outputs(
    context: typer.Context,
    environment: EnvironmentName,
    name: Annotated[str | None, typer.Argument(help="one value, such as load_balancer.dns_name")] = None,
) -> None:
    """Print the addresses and names of what is deployed."""
    from studyctl.cli.outputs_text import flatten, outputs_table  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    values = site.bucket.state_outputs()
    if not values:
        raise UsageError(f"{environment} has no outputs yet", hint=f"Deploy it first: studyctl deploy {environment}")
    if name is None:
        console.data(values, outputs_table(values))
        return
    leaves = dict(flatten(values.get("platform", values)))
    if name not in leaves:
        raise UsageError(
            f"there is no output {name}",
            hint=f"Some that exist: {', '.join(list(leaves)[:8])}; all: studyctl outputs {environment}",
        )
    console.data(leaves[name], leaves[name])
