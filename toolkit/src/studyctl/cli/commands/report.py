"""`studyctl report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from studyctl.domain.answer import Answer
    from studyctl.usecases.report import Document, EnvironmentReport
    from studyctl.wiring import Site

FILE = "report.html"


def report(
    context: typer.Context,
    environment: EnvironmentName,
    out: Annotated[Path | None, typer.Option(help=f"the file; default: .build/ENV/{FILE} in the checkout")] = None,
    plan: Annotated[Path | None, typer.Option(help="a plan that `plan --out` kept, or terraform's JSON of one")] = None,
    new_plan: Annotated[
        bool, typer.Option("--new-plan", help="make a plan for the picture, the findings and the cost; nothing is kept")
    ] = False,
) -> None:
    """Write one page that tells of an environment: how it is, what serves, what it consists of, findings, cost."""
    if plan is not None and new_plan:
        raise UsageError("--plan and --new-plan both name the plan", hint="Leave one of them out.")

    from studyctl.cli.report_page import page  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    document = _document(context, environment, plan, is_new=new_plan)
    file = _written(site, page(_gathered(site, document), site.connection), out)
    console.data({"environment": environment, "file": str(file)}, f"{environment} is told in {file}")


def _written(site: Site, text: str, out: Path | None) -> Path:
    if out is None:
        file = site.workspace.build / FILE
        site.files.write(file, text)
        return file
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written ({error.strerror})", hint="Name a file in a folder that is there: --out FILE"
        ) from error
    return out


def _document(context: typer.Context, environment: str, plan: Path | None, *, is_new: bool) -> Answer[Document]:
    """A plan that was named must be one; that a new one cannot be made is told on the page."""
    from studyctl.cli.planned import planned_document  # noqa: PLC0415
    from studyctl.domain.answer import Known, answer_of  # noqa: PLC0415
    from studyctl.usecases.report import not_planned  # noqa: PLC0415

    if plan is not None:
        return Known(planned_document(context, environment, plan))
    if is_new:
        return answer_of(lambda: planned_document(context, environment, None))
    return not_planned(environment)


def _gathered(site: Site, document: Answer[Document]) -> EnvironmentReport:
    from studyctl.adapters.journal import last_standing  # noqa: PLC0415
    from studyctl.adapters.price_files import read_prices  # noqa: PLC0415
    from studyctl.cli.live_sources import look_at  # noqa: PLC0415
    from studyctl.domain.answer import answer_of  # noqa: PLC0415
    from studyctl.usecases.cost import price_plan  # noqa: PLC0415
    from studyctl.usecases.report import Judges, gather  # noqa: PLC0415
    from studyctl.usecases.status import look  # noqa: PLC0415
    from studyctl.wiring_lint import judge  # noqa: PLC0415

    judges = Judges(
        policy=lambda found: judge(site.repository, found),
        price=lambda found: price_plan(found, site.environment, read_prices(site.repository)),
    )
    status = answer_of(lambda: look(site.bucket, site.inventory, standing=last_standing(site.workspace)))
    return gather(site.environment.name, status=status, live=look_at(site), document=document, judges=judges)
