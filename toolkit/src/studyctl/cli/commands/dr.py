"""`studyctl dr`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.domain.disaster.drill import DrillReport
    from studyctl.wiring_drill import DrillSite

INSUFFICIENT = 2

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="If the region of an environment were lost: what would be left, and a drill.",
)


@app.callback()
def dr() -> None:
    """If the region of an environment were lost."""


@app.command()
def plan(
    context: typer.Context,
    environment: EnvironmentName,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="exit 2 when more would be lost than may be")
    ] = False,
) -> None:
    """Say what could be had again in the backup region, from what, how much would be lost and what stands in the way.

    Reads the environment's file and calls nothing. It recovers nothing: see docs/disaster-recovery.md.
    """
    from studyctl.adapters.specs import SpecFiles  # noqa: PLC0415
    from studyctl.cli.disaster_text import as_json, footing, render  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.disaster.prospects import plan_recovery  # noqa: PLC0415
    from studyctl.wiring import find_repository  # noqa: PLC0415

    console = console_of(context)
    found = plan_recovery(SpecFiles(find_repository()).load(environment))
    console.say(f"{found.environment}: {found.lost_region} is lost, {found.backup_region} is left", style="bold")
    console.data(as_json(found), render(found))
    for line in footing(found):
        console.say(line)
    if detailed_exitcode and not found.is_sufficient:
        raise typer.Exit(INSUFFICIENT)


@app.command()
def drill(
    context: typer.Context,
    environment: EnvironmentName,
    keep: Annotated[bool, typer.Option("--keep", help="leave what was built, to look at it")] = False,
    clean_up: Annotated[
        bool, typer.Option("--clean-up", help="only remove what a drill left that was kept or killed")
    ] = False,
) -> None:
    """Lose the region on the emulator: build the platform in the backup region, restore, release, test, measure.

    The environment itself goes on serving. What was built is removed again; the report and a runbook are kept.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from studyctl.cli.drill_text import as_json, render  # noqa: PLC0415
    from studyctl.cli.drilling import DrillNarrator, RebuiltPlatform  # noqa: PLC0415
    from studyctl.cli.session import headline, open_site  # noqa: PLC0415
    from studyctl.domain.disaster.substitute import require_copies  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.errors import UsageError  # noqa: PLC0415
    from studyctl.usecases import drill as usecase  # noqa: PLC0415
    from studyctl.wiring import specs  # noqa: PLC0415
    from studyctl.wiring_drill import DrillSite  # noqa: PLC0415
    from studyctl.wiring_releases import ledger_for  # noqa: PLC0415

    if keep and clean_up:
        raise UsageError("--keep and --clean-up say opposite things", hint="Give one of them.")
    require_copies(specs().load(environment))
    console, site = open_site(context, environment, start=False)
    opened = DrillSite.open(site)
    console.say(headline(opened.substitute.environment.name, opened.substitute.connection), style="bold cyan")
    run_id = new_run_id()
    ports = usecase.Ports(
        entries=lambda: ledger_for(site).entries(),
        stores=opened.stores,
        backup=opened.backup,
        substitute=RebuiltPlatform(console, opened, run_id),
        narrator=DrillNarrator(console),
        now=lambda: datetime.now(UTC),
    )
    if clean_up:
        usecase.clean_up(ports)
        console.data({"environment": environment, "removed": ports.substitute.name}, f"{ports.substitute.name} is gone")
        return
    report = usecase.drill(opened.scene, ports, run_id, keep=keep)
    _keep_results(console, opened, report)
    console.data(as_json(report), render(report))
    usecase.require_recovered(report)


def _keep_results(console: Console, opened: DrillSite, report: DrillReport) -> None:
    """Write what the drill found, the runbook, and the file of the environment that it built."""
    import json  # noqa: PLC0415

    from studyctl.cli.drill_text import as_json  # noqa: PLC0415
    from studyctl.domain.disaster.runbook import runbook  # noqa: PLC0415
    from studyctl.wiring_drill import REPORT_FILE, RUNBOOK_FILE  # noqa: PLC0415

    folder, files = opened.results(report.run_id), opened.lost.site.files
    files.write(folder / REPORT_FILE, json.dumps(as_json(report), indent=2) + "\n")
    files.write(folder / RUNBOOK_FILE, runbook(report))
    # JSON is YAML: the file can be put among the environments as it is
    files.write(folder / f"{report.substitute}.yaml", opened.substitute.environment.model_dump_json(indent=2) + "\n")
    console.say(f"The report and a runbook are in {folder}")
    for line in report.not_shown:
        console.say(f"Not shown here: {line}")
