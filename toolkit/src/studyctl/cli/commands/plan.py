"""`studyctl plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studyctl.cli.commands.deploy import AllowDestroy
from studyctl.cli.options import options_of
from studyctl.errors import UsageError

CHANGES_PRESENT = 2


def plan(
    context: typer.Context,
    environments: Annotated[list[str], typer.Argument(help="one or several environments", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="keep the plan here, for `apply --plan`")] = None,
    md: Annotated[Path | None, typer.Option(help="write a Markdown summary, for a pull request")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="exit 2 when there are changes")
    ] = False,
    allow_destroy: AllowDestroy = None,
) -> None:
    """Show what a deploy would change, and what that means. Several environments are planned at once."""
    from studyctl.cli import plan_text  # noqa: PLC0415
    from studyctl.cli.planning import plan_all  # noqa: PLC0415
    from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415

    names = list(dict.fromkeys(environments))
    if out is not None and len(names) > 1:
        raise UsageError(
            "--out keeps one plan, but several environments were named",
            hint=f"Plan them one after another: studyctl plan {names[0]} --out {out}",
        )
    request = PlanRequest(
        allowed_destroys=frozenset(allow_destroy or ()),
        lock_timeout_seconds=options_of(context).lock_timeout_seconds,
    )
    console, results = plan_all(context, names, request, out)
    if md is not None:
        md.write_text("\n".join(plan_text.markdown(name, plan.summary) for name, plan in results.items()), "utf-8")
    documents = [plan_text.as_json(n, p.summary, has_changes=p.has_changes) for n, p in results.items()]
    console.data(
        documents[0] if len(names) == 1 else documents,
        "\n".join(f"{name}: {plan_text.counted(plan.summary)}" for name, plan in results.items()),
    )
    for judged in results.values():
        judged.verdict.enforce()
    if detailed_exitcode and any(judged.has_changes for judged in results.values()):
        raise typer.Exit(CHANGES_PRESENT)
