"""`studyctl drift`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.options import options_of
from studyctl.cli.runner_files import may_be_written

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.domain.drift import DriftReport

DRIFTED = 2


def drift(
    context: typer.Context,
    environments: Annotated[list[str], typer.Argument(help="one or several environments", show_default=False)],
    md: Annotated[
        Path | None, typer.Option(help="write a Markdown summary, for a scheduled job", callback=may_be_written)
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="exit 2 when something drifted")
    ] = False,
) -> None:
    """Find what was changed, removed or added behind terraform's back. Changes nothing, not even the state."""
    from studyctl.cli import drift_text  # noqa: PLC0415
    from studyctl.cli.runner_files import publish  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415

    found = {name: _look(context, name) for name in dict.fromkeys(environments)}
    console = console_of(context)
    whole, brief = (
        "\n".join(drift_text.markdown(name, one, is_brief=is_brief) for name, one in found.items())
        for is_brief in (False, True)
    )
    publish(whole, md, brief=brief)
    documents = [drift_text.as_json(name, one) for name, one in found.items()]
    console.data(
        documents[0] if len(documents) == 1 else documents,
        "\n".join(f"{name}: {drift_text.summed(one)}" for name, one in found.items()),
    )
    if detailed_exitcode and any(one.has_drifted for one in found.values()):
        raise typer.Exit(DRIFTED)


def _look(context: typer.Context, name: str) -> DriftReport:
    from datetime import UTC, datetime  # noqa: PLC0415

    from studyctl.adapters.aws.tagged import TaggedResources  # noqa: PLC0415
    from studyctl.adapters.drift_file import read_ignores  # noqa: PLC0415
    from studyctl.cli.narrator import Narrator  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.usecases.drift import find_drift  # noqa: PLC0415

    console, site = open_site(context, name, start=False)
    ignores = read_ignores(site.repository)
    spec = site.environment
    with preparing(site, console):
        site.render()
        found = find_drift(
            site.terraform,
            site.bucket,
            TaggedResources(site.session),
            site.workspace,
            run_ids=(new_run_id(), new_run_id()),
            regions=(spec.region, "us-east-1", spec.backup_region),
            tags={"Project": spec.project, "Environment": spec.name},
            ignores=ignores,
            today=datetime.now(UTC).date(),
            lock_timeout_seconds=options_of(context).lock_timeout_seconds,
            on_event=Narrator(console, site).on_event(),
        )
    _tell(console, name, found)
    return found


def _tell(console: Console, name: str, found: DriftReport) -> None:
    from studyctl.cli.drift_text import lines  # noqa: PLC0415

    for line in lines(found):
        console.say(line)
    if found.has_drifted:
        console.say(f"Bring it back: studyctl deploy {name}; or let it be for a while: infra/drift.yaml")
