"""`studyctl graph`."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.options import options_of
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from studyctl.domain.topology import Topology


class Format(enum.StrEnum):
    """What the picture is made of."""

    SVG = "svg"
    MERMAID = "mermaid"
    JSON = "json"


def graph(
    context: typer.Context,
    environment: EnvironmentName,
    as_format: Annotated[
        Format, typer.Option("--format", help="a drawing, text that others draw, or data")
    ] = Format.SVG,
    out: Annotated[Path | None, typer.Option(help="write it here instead of to stdout")] = None,
    plan: Annotated[
        Path | None, typer.Option(help="a plan that `plan --out` kept, or terraform's JSON of one; default: a new plan")
    ] = None,
) -> None:
    """Draw an environment from its plan: what stands where, and how requests and data flow through it."""
    from studyctl.cli.planned import planned_document  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.topology import topology_of  # noqa: PLC0415

    if options_of(context).as_json:
        as_format = Format.JSON
    topology = topology_of(planned_document(context, environment, plan), environment)
    picture = rendered(topology, as_format)
    console = console_of(context)
    if out is None:
        console.data(topology.to_json(), None if as_format is Format.JSON else picture)
        return
    try:
        out.write_text(picture, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written ({error.strerror})", hint="Name a file in a folder that is there: --out FILE"
        ) from error
    console.say(f"{environment} is drawn in {out}")


def rendered(topology: Topology, as_format: Format) -> str:
    """The picture as text, ending with a newline."""
    from studyctl.domain.topology import mermaid, svg  # noqa: PLC0415

    if as_format is Format.JSON:
        return json.dumps(topology.to_json(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return svg(topology) if as_format is Format.SVG else mermaid(topology)
