"""`studyctl smoke`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.runner_files import may_be_written


def smoke(
    context: typer.Context,
    environment: EnvironmentName,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="only this check, such as database; may be repeated"),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="write the results as JUnit XML", callback=may_be_written),
    ] = None,
    md: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write a Markdown summary", callback=may_be_written)
    ] = None,
) -> None:
    """Test what is deployed: does it answer, is it the release that must serve, does each part do its work."""
    from studyctl.cli import markdown  # noqa: PLC0415
    from studyctl.cli.junit import write_junit  # noqa: PLC0415
    from studyctl.cli.release_text import smoke_json, smoke_table  # noqa: PLC0415
    from studyctl.cli.runner_files import publish  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.domain.release.history import base_of  # noqa: PLC0415
    from studyctl.domain.smoke.subject import Subject  # noqa: PLC0415
    from studyctl.usecases.smoke import choose, require_healthy  # noqa: PLC0415
    from studyctl.wiring_releases import open_releases  # noqa: PLC0415

    wanted = choose(check or ())
    console, site = open_site(context, environment, start=False)
    releases = open_releases(site)
    subject = Subject.of(releases.place, releases.platform, base_of(releases.aws.ledger.entries()))
    report = releases.prober(wanted).probe(subject)
    if junit is not None:
        write_junit(report, environment, junit)
    publish(markdown.smoke(environment, report), md)
    console.data({"environment": environment, **smoke_json(report)}, smoke_table(report))
    require_healthy(report, environment)
