"""`studyctl plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import AllowDestroy
from studyctl.cli.options import options_of
from studyctl.cli.runner_files import may_be_made, may_be_written
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studyctl.cli.console import Console
    from studyctl.usecases.cost import PricedPlan
    from studyctl.usecases.lint import Report
    from studyctl.usecases.plan import JudgedPlan

CHANGES_PRESENT = 2


def plan(
    context: typer.Context,
    environments: Annotated[list[str], typer.Argument(help="one or several environments", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="keep the plan here, for `apply --plan`", callback=may_be_made)
    ] = None,
    md: Annotated[
        Path | None, typer.Option(help="write a Markdown summary, for a pull request", callback=may_be_written)
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="exit 2 when there are changes")
    ] = False,
    allow_destroy: AllowDestroy = None,
) -> None:
    """Show what a deploy would change, and what that means. Several environments are planned at once."""
    from studyctl.cli.errors import told_in  # noqa: PLC0415
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
    with told_in(md):
        console, results = plan_all(context, names, request, out)
        priced = {name: _priced(name, judged) for name, judged in results.items()}
        _tell(console, results, priced, md)
        for name, judged in results.items():
            _judge_policies(console, name, judged)
            judged.verdict.enforce()
            _judge_cost(console, name, priced[name])
    if detailed_exitcode and any(judged.has_changes for judged in results.values()):
        raise typer.Exit(CHANGES_PRESENT)


def _tell(
    console: Console, results: Mapping[str, JudgedPlan], priced: Mapping[str, PricedPlan | None], md: Path | None
) -> None:
    from studyctl.cli import plan_text  # noqa: PLC0415
    from studyctl.cli.cost_text import changed, summed  # noqa: PLC0415
    from studyctl.cli.permissions_text import listed_permissions  # noqa: PLC0415
    from studyctl.cli.runner_files import is_read, publish  # noqa: PLC0415

    if is_read(md):
        whole, brief = [], []
        for name, plan in results.items():
            permissions = listed_permissions(plan.document)
            cost = f"{summed(found.verdict)} ({changed(found.compared.usd)})" if (found := priced[name]) else ""
            whole.append(plan_text.markdown(name, plan.summary, permissions, cost=cost))
            brief.append(plan_text.markdown(name, plan.summary, permissions, cost=cost, is_brief=True))
        publish("\n".join(whole), md, brief="\n".join(brief))
    documents = [plan_text.as_json(n, p.summary, has_changes=p.has_changes) for n, p in results.items()]
    console.data(
        documents[0] if len(results) == 1 else documents,
        "\n".join(f"{name}: {plan_text.counted(plan.summary)}" for name, plan in results.items()),
    )


def _judge_policies(console: Console, name: str, judged: JudgedPlan) -> None:
    from studyctl.cli.lint_text import summed  # noqa: PLC0415
    from studyctl.wiring import find_repository  # noqa: PLC0415
    from studyctl.wiring_lint import gate_of  # noqa: PLC0415

    def tell(report: Report) -> None:
        console.say(f"{name}: {summed(report)}")

    gate_of(find_repository(), tell)(judged.document)


def _priced(name: str, judged: JudgedPlan) -> PricedPlan | None:
    """Without changes there is no document, and a month costs what it did."""
    if not judged.document:
        return None
    from studyctl.adapters.price_files import read_prices  # noqa: PLC0415
    from studyctl.adapters.specs import SpecFiles  # noqa: PLC0415
    from studyctl.usecases.cost import price_plan  # noqa: PLC0415
    from studyctl.wiring import find_repository  # noqa: PLC0415

    repository = find_repository()
    return price_plan(judged.document, SpecFiles(repository).load(name), read_prices(repository))


def _judge_cost(console: Console, name: str, priced: PricedPlan | None) -> None:
    if priced is None:
        return
    from studyctl.cli.cost_text import changed, summed  # noqa: PLC0415

    console.say(f"{name}: {summed(priced.verdict)} ({changed(priced.compared.usd)})")
    priced.verdict.enforce()
