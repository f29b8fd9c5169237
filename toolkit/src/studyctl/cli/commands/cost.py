"""`studyctl cost`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.runner_files import may_be_written
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.usecases.cost import PricedPlan


def cost(
    context: typer.Context,
    environment: EnvironmentName,
    plan: Annotated[
        Path | None, typer.Option(help="a plan that `plan --out` kept, or terraform's JSON of one; default: a new plan")
    ] = None,
    diff: Annotated[Path | None, typer.Option(help="the same, and tell what it changes of a month's cost")] = None,
    md: Annotated[
        Path | None, typer.Option(help="write a Markdown summary, for a pull request", callback=may_be_written)
    ] = None,
) -> None:
    """Estimate what an environment costs a month, and hold it against its budget. Calls no price list."""
    if plan is not None and diff is not None:
        raise UsageError("--plan and --diff both name the plan", hint="Name it once: --diff also tells the change.")

    from studyctl.adapters.price_files import read_prices  # noqa: PLC0415
    from studyctl.adapters.specs import SpecFiles  # noqa: PLC0415
    from studyctl.cli.planned import planned_document  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases.cost import price_plan  # noqa: PLC0415
    from studyctl.wiring import find_repository  # noqa: PLC0415

    repository = find_repository()
    spec, prices = SpecFiles(repository).load(environment), read_prices(repository)
    priced = price_plan(planned_document(context, environment, diff or plan), spec, prices)
    _tell(console_of(context), priced, is_change=diff is not None, md=md)
    priced.verdict.enforce()


def _tell(console: Console, priced: PricedPlan, *, is_change: bool, md: Path | None) -> None:
    from studyctl.cli import cost_text  # noqa: PLC0415

    verdict, compared, prices = priced.verdict, priced.compared, priced.prices
    if md is not None:
        md.write_text(cost_text.markdown(verdict, compared, prices, is_change=is_change), "utf-8")
    if is_change:
        rendered = cost_text.render_change(compared)
    else:
        rendered = cost_text.render(compared.after, verbose=console.options.verbose)
    console.data(cost_text.as_json(verdict, compared, prices, is_change=is_change), rendered)
    for line in cost_text.footing(compared.after, prices):
        console.say(line)
    said = f"{verdict.environment}: {cost_text.summed(verdict)}"
    if verdict.is_exceeded and not verdict.is_enforced:
        console.warn(said)
    else:
        console.say(said)
