"""`studyctl pipeline`: questions that only a pipeline asks."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Questions that only a pipeline asks.")


@app.callback()
def pipeline() -> None:
    """Keep `scope` a command of its own."""


@app.command()
def scope(
    context: typer.Context,
    base: Annotated[str, typer.Argument(help="the commit that the change is to be merged into", show_default=False)],
) -> None:
    """Say whether a change may be planned: one of the pipeline itself never is, and both together are refused."""
    from studyctl.adapters.git import changed_paths  # noqa: PLC0415
    from studyctl.cli.runner_files import publish, set_output  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.pipeline_scope import require_one_kind, scope_of  # noqa: PLC0415
    from studyctl.wiring import find_repository  # noqa: PLC0415

    found = scope_of(changed_paths(find_repository(), base))
    require_one_kind(found)
    set_output(plan=str(found.has_plan).lower())
    text = (
        "planned"
        if found.has_plan
        else "not planned: " + ("the pipeline changes" if found.pipeline else "no infrastructure changes")
    )
    publish(f"This change is {text}.")
    document = {"plan": found.has_plan, "pipeline": found.pipeline, "infrastructure": found.infrastructure}
    console_of(context).data(document, text)
