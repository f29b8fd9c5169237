"""Opens an environment for a command: the first line that says where we are, and what an earlier run left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from studyctl.cli.console import Console
from studyctl.cli.options import Target, options_of
from studyctl.errors import Locked, PreflightFailed, UsageError

if TYPE_CHECKING:
    from studyctl.adapters.terraform.interrupts import Interruption, Interrupts
    from studyctl.domain.target import Connection
    from studyctl.wiring import Site

BOOT_FILE = "emulator.json"


def console_of(context: typer.Context) -> Console:
    """The console for the options of this command line."""
    return Console(options_of(context))


def open_site(
    context: typer.Context,
    name: str,
    *,
    interrupts: Interrupts | None = None,
    start: bool = True,
    profile: str | None = None,
) -> tuple[Console, Site]:
    """Open an environment and say where it is. Sites that are worked on at once share `interrupts`."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.terraform.interrupts import Interrupts  # noqa: PLC0415

    console = console_of(context)

    def tell(interruption: Interruption) -> None:
        console.warn(interruption.value)

    rehearse = options_of(context).target is Target.EMULATOR
    site = wiring.open_site(
        name, rehearse=rehearse, interrupts=interrupts or Interrupts(tell), start=start, profile=profile
    )
    console.say(headline(name, site.connection), style="bold red" if site.connection.is_real else "bold cyan")
    if scrubbed := site.terraform.scrubbed if start else ():
        console.warn(f"not passed on to terraform: {', '.join(scrubbed)}")
    return console, site


def headline(name: str, connection: Connection) -> str:
    """The first line of every command that acts on an environment."""
    if connection.is_real:
        return f"{name} on AWS · account {connection.account_id} · {connection.region}"
    return (
        f"{name} on the emulator at {connection.endpoint_url} · stands in for account "
        f"{connection.account_id} · {connection.region}"
    )


@contextmanager
def preparing(site: Site, console: Console, *, account_for_runs: bool = True) -> Iterator[None]:
    """Hold an environment whose state has a place and whose earlier runs are accounted for.

    Only what accounts for runs itself sets `account_for_runs` to false.
    """
    from studyctl.cli.emulated_account import prepared_account  # noqa: PLC0415
    from studyctl.usecases.preflight import require_state_store  # noqa: PLC0415

    if site.connection.is_real:
        require_state_store(site.bucket, site.environment.name)
        if account_for_runs:
            report_unfinished(site, console)
        yield
        return
    tell_of_lost_memory(site, console)
    with prepared_account(site, console):
        if account_for_runs:
            report_unfinished(site, console)
        yield


def tell_of_lost_memory(site: Site, console: Console) -> None:
    """Say when the emulator that an environment was deployed to is no more, and remember the present one."""
    from studyctl.adapters.terraform.runs import mark_reported  # noqa: PLC0415

    path = site.workspace.build / BOOT_FILE
    previous = site.files.read(path)
    boot_id = site.connection.boot_id
    if previous is not None and json.loads(previous).get("boot_id") != boot_id:
        console.warn(
            f"the emulator was restarted since {site.environment.name} was last deployed: what it held, state "
            "included, is gone, so this starts from nothing"
        )
        for record in site.terraform.unfinished(site.workspace):
            mark_reported(record.folder)
    site.files.write(path, json.dumps({"boot_id": boot_id}) + "\n")


def report_unfinished(site: Site, console: Console) -> None:
    """Follow or report the runs of commands that died, oldest first. A plan that was left behind changed nothing.

    Raises:
        StudyctlError: what that run came to, where it failed; the next command goes on from there.
        OutcomeUnknown: nobody can say what it came to; every command stops there until it is recovered.
    """
    from studyctl.cli.narrator import Narrator  # noqa: PLC0415

    for record in site.terraform.unfinished(site.workspace):
        console.warn(
            f"run {record.run_id} ({record.operation.value}) was left by a command that ended early; "
            f"terraform is {record.status.value}"
        )
        try:
            outcome = site.terraform.pick_up(site.workspace, record, on_event=Narrator(console, site).on_event())
        except (PreflightFailed, Locked, UsageError) as failed:
            if record.operation.changes_things:
                raise
            console.say(f"run {record.run_id} only planned and failed: {failed.what}")
        else:
            console.say(f"run {record.run_id} is done: {outcome.progress.done} resources in {outcome.seconds:.0f} s")
