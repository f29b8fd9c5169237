"""`studyctl recover`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName


def recover(
    context: typer.Context,
    environment: EnvironmentName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be done")] = False,
    untaint: Annotated[
        list[str] | None,
        typer.Option("--untaint", metavar="ADDRESS", help="this one is whole: do not replace it; may be repeated"),
    ] = None,
    untaint_all: Annotated[
        bool,
        typer.Option("--untaint-all", help="whatever was cut off while it was made is whole: compare, not replace"),
    ] = False,
    leave: Annotated[
        list[str] | None,
        typer.Option("--leave", metavar="ADDRESS", help="do not adopt this one; may be repeated"),
    ] = None,
) -> None:
    """Find out what a run came to that nobody can vouch for, and bring state and account together again."""
    from studyctl.adapters.aws.state_lock import this_holder  # noqa: PLC0415
    from studyctl.adapters.journal import FileJournal  # noqa: PLC0415
    from studyctl.cli.recovery_text import RecoveryNarrator, as_json, conclusion  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.domain.import_ids import Place  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.usecases import recover as recovery  # noqa: PLC0415
    from studyctl.usecases.known_state import require_known_state  # noqa: PLC0415
    from studyctl.usecases.recovery_ports import Ports  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    run_id = new_run_id()
    connection = site.connection
    request = recovery.RecoverRequest(
        tuple(untaint or ()), untaint_all=untaint_all, leave=tuple(leave or ()), dry_run=dry_run
    )
    ports = Ports(
        terraform=site.terraform,
        lock=site.bucket.state_lock,
        root=site.recovery_root,
        journal=FileJournal(site.workspace, run_id, "recover", warn=console.warn),
        narrator=RecoveryNarrator(console, site),
        render=site.render,
        require_state=lambda: require_known_state(
            site.bucket.state_version(), site.bucket.latest_record(), environment
        ),
        holder=this_holder(),
        place=Place.of(connection.account_id, connection.region, connection.endpoint_url),
    )
    with preparing(site, console, account_for_runs=False):
        outcome = recovery.recover(request, site.workspace, ports, run_id)
    console.data(as_json(outcome, dry_run=dry_run), conclusion(outcome, dry_run=dry_run))
