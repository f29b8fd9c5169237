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
    from studyctl.cli.session import console_of  # noqa: PLC0415

    if options_of(context).as_json:
        as_format = Format.JSON
    topology = _topology(context, environment, plan)
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


def _topology(context: typer.Context, environment: str, plan: Path | None) -> Topology:
    from studyctl.usecases.graph import read_document, survey, survey_saved  # noqa: PLC0415

    if plan is not None and _is_json(plan):
        return read_document(_read(plan), environment)

    from studyctl.adapters.plan_store import read_saved_plan  # noqa: PLC0415
    from studyctl.cli.narrator import Narrator  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415

    saved = read_saved_plan(plan)[0] if plan else None
    console, site = open_site(context, environment)
    with site.terraform.interrupts, preparing(site, console):
        site.render()
        if saved is not None:
            return survey_saved(site.terraform, site.workspace, saved)
        run_id = new_run_id()
        return survey(
            site.terraform,
            site.workspace,
            run_id,
            out=site.workspace.run_dir(run_id) / "plan.tfplan",
            lock_timeout_seconds=options_of(context).lock_timeout_seconds,
            on_event=Narrator(console, site).on_event(),
        )


def _is_json(plan: Path) -> bool:
    """A plan that terraform wrote is an archive; its JSON begins like any JSON."""
    try:
        with plan.open("rb") as file:
            return file.read(1) == b"{"
    except OSError as error:
        raise UsageError(
            f"the plan {plan} cannot be read ({error.strerror})", hint="Keep one with: studyctl plan ENV --out FILE"
        ) from error


def _read(plan: Path) -> dict[str, object]:
    try:
        content = json.loads(plan.read_text("utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{plan} is not JSON: {error}", hint=f"Write it anew: terraform show -json FILE > {plan}"
        ) from error
    return content if isinstance(content, dict) else {}
