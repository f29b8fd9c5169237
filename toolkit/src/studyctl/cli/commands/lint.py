"""`studyctl lint`."""

from __future__ import annotations

import enum
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.options import options_of
from studyctl.cli.runner_files import may_be_written
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.usecases.lint import Report


class FailOn(enum.StrEnum):
    """From which severity on a finding fails the command."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def lint(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="policies, plans, or folders of them and of terraform code")
    ] = None,
    plan: Annotated[
        list[Path] | None, typer.Option(help="a plan as `terraform show -json` writes it; may be repeated")
    ] = None,
    sarif: Annotated[Path | None, typer.Option(help="write SARIF 2.1.0 here", callback=may_be_written)] = None,
    junit: Annotated[Path | None, typer.Option(help="write JUnit XML here", callback=may_be_written)] = None,
    md: Annotated[Path | None, typer.Option(help="write a Markdown summary here", callback=may_be_written)] = None,
    github: Annotated[bool, typer.Option("--github", help="print annotations for GitHub")] = False,
    fail_on: Annotated[FailOn, typer.Option(help="the least severity that fails")] = FailOn.LOW,
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="findings in this file do not count; it is written when it is missing, except where CI is set"
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="processes for folders of many policies (default: one a core)")
    ] = None,
) -> None:
    """Judge policies, plans and terraform code: IAM, security controls and checkov in one report."""
    from studyctl import wiring_lint  # noqa: PLC0415
    from studyctl.cli import markdown  # noqa: PLC0415
    from studyctl.cli.console import Console  # noqa: PLC0415
    from studyctl.cli.runner_files import publish  # noqa: PLC0415
    from studyctl.domain.policy.findings import Severity  # noqa: PLC0415

    console = Console(options_of(context))
    is_new = baseline is not None and not baseline.exists()
    known = _known(baseline, is_new=is_new) if baseline is not None else frozenset()
    report = wiring_lint.lint(paths or [], plan or [], baseline=known, jobs=jobs)
    _write_files(report, sarif, junit)
    publish(markdown.lint(report), md)
    _show(console, report, github=github)
    if baseline is not None and is_new:
        from studyctl.adapters.findings_files.baseline import write_baseline  # noqa: PLC0415

        count = write_baseline(baseline, report.findings)
        console.say(f"{count} finding{' is' if count == 1 else 's are'} the baseline now: {baseline}")
        return
    report.enforce(Severity[fail_on.name], is_told=not (github or console.options.as_json))


def _known(baseline: Path, *, is_new: bool) -> frozenset[str]:
    if is_new:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            raise UsageError(
                f"there is no baseline {baseline}, and a pipeline writes none: everything would pass",
                hint=f"Write it at home, and commit it: studyctl lint --baseline {shlex.quote(str(baseline))}",
            )
        may_be_written(baseline)
        return frozenset()
    from studyctl.adapters.findings_files.baseline import read_baseline  # noqa: PLC0415

    return read_baseline(baseline)


def _write_files(report: Report, sarif: Path | None, junit: Path | None) -> None:
    if sarif is not None:
        from studyctl.adapters.findings_files.sarif import sarif_text  # noqa: PLC0415
        from studyctl.domain.policy.rules.table import ALL_RULES  # noqa: PLC0415 - the rules over plans too

        sarif.write_text(sarif_text(report, ALL_RULES), "utf-8")
    if junit is not None:
        from studyctl.adapters.findings_files.junit import junit_text  # noqa: PLC0415

        junit.write_text(junit_text(report), "utf-8")


def _show(console: Console, report: Report, *, github: bool) -> None:
    from studyctl.cli.lint_text import findings_table, summed  # noqa: PLC0415

    if github:
        from studyctl.adapters.findings_files.github import annotation_lines  # noqa: PLC0415

        for line in annotation_lines(report):
            typer.echo(line)
    else:
        from studyctl.adapters.findings_files.plain import report_value  # noqa: PLC0415

        console.data(report_value(report), findings_table(report))
        if not (report.findings or console.options.as_json):
            return  # the table of nothing is that line
    console.say(summed(report), style="bold")
