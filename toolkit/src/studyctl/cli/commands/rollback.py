"""`studyctl rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.commands.release import Reason

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.domain.release.ledger import LedgerEntry
    from studyctl.domain.release.rollback import RollbackPlan
    from studyctl.usecases.rollback import RollbackRequest
    from studyctl.wiring_releases import ReleaseSite


def rollback(
    context: typer.Context,
    environment: EnvironmentName,
    to: Annotated[
        int | None, typer.Option("--to", metavar="ENTRY", help="a proven entry of `releases`; default: the last one")
    ] = None,
    infra: Annotated[
        bool, typer.Option("--infra", help="plan the way back of the infrastructure instead: that release's commit")
    ] = False,
    force_migrations: Annotated[
        bool, typer.Option("--force-migrations", help="although the database has changed since; recorded")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would come back")] = False,
    reason: Reason = "",
) -> None:
    """Put the last proven release back, all services as one unit; a running release is stopped first."""
    from studyctl.cli import markdown  # noqa: PLC0415
    from studyctl.cli.infra_rollback import roll_infra_back  # noqa: PLC0415
    from studyctl.cli.release_text import entry_json, rollback_json  # noqa: PLC0415
    from studyctl.cli.runner_files import publish  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.usecases.rollback import RollbackRequest  # noqa: PLC0415
    from studyctl.wiring_releases import open_releases  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    releases = open_releases(site)
    if infra:
        roll_infra_back(context, console, releases, to=to, dry_run=dry_run)
        return
    request = RollbackRequest(to=to, reason=reason, dry_run=dry_run, force_migrations=force_migrations)
    plan, entry = _run(console, releases, request)
    publish(markdown.rollback(environment, plan, entry))
    document = {"dry_run": dry_run, "plan": rollback_json(plan), "entry": entry_json(entry) if entry else None}
    done = f"release {plan.target.origin} serves again (entry {entry.number})" if entry else "nothing was done"
    console.data(document, f"{environment}: {done}")


def _run(console: Console, releases: ReleaseSite, request: RollbackRequest) -> tuple[RollbackPlan, LedgerEntry | None]:
    from dataclasses import replace  # noqa: PLC0415

    from studyctl.cli.release_narrator import ReleaseNarrator  # noqa: PLC0415
    from studyctl.cli.stop_signals import stop_signals  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.usecases.rollback import rollback as go_back  # noqa: PLC0415
    from studyctl.wiring_releases import holding_for  # noqa: PLC0415

    site, run_id = releases.site, new_run_id()
    name = site.environment.name
    if site.connection.is_real:
        question = f"Put release {{number}} back in {name}, account {site.connection.account_id}?"
        request = replace(request, question=question)
    narrator = ReleaseNarrator(console, rerun=f"studyctl rollback {name} --yes")
    with stop_signals(), holding_for(site, run_id, "rollback") as holding:
        outcome = go_back(request, releases.work(holding, narrator), releases.origin(), releases.actor(run_id))
    return outcome.plan, outcome.entry
