"""Entry point: the commands, the global options, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, cast

import typer

from studyctl import __version__
from studyctl.cli import errors
from studyctl.cli.coercion import read_plainly
from studyctl.cli.commands import (
    apply,
    bootstrap,
    cost,
    deploy,
    destroy,
    doctor,
    dr,
    drift,
    emulator,
    env,
    graph,
    iam,
    lint,
    local,
    lock,
    outputs,
    pipeline,
    plan,
    promote,
    recover,
    release,
    releases,
    render,
    report,
    rollback,
    smoke,
    status,
)
from studyctl.cli.options import GlobalOptions, GlobalOptionsGroup, ListedCommand, Target

app = typer.Typer(
    cls=GlobalOptionsGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Global options may stand before or after the command. Each has an environment variable: STUDYCTL_JSON=1.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"studyctl {__version__}")
        raise typer.Exit


@app.callback()
def global_options(
    context: typer.Context,
    target: Annotated[
        Target | None,
        typer.Option(help="rehearse on the emulator whatever the environment's file says", envvar="STUDYCTL_TARGET"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print data as JSON on stdout", envvar="STUDYCTL_JSON")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="confirm beforehand", envvar="STUDYCTL_YES")] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="never ask; fail where an answer is needed", envvar="STUDYCTL_NO_INPUT")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="plain text (NO_COLOR works too)", envvar="STUDYCTL_NO_COLOR")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="only results and errors", envvar="STUDYCTL_QUIET")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="every resource, not only the slow ones", envvar="STUDYCTL_VERBOSE")
    ] = False,
    lock_timeout: Annotated[
        str, typer.Option(help="how long to wait for a lock: 60s, 10m", envvar="STUDYCTL_LOCK_TIMEOUT")
    ] = "0s",
    version: Annotated[  # noqa: ARG001  its callback does the work
        bool, typer.Option("--version", help="print the version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Put a platform on AWS and keep it there: plan, apply, verify, on an account or on this machine alone."""
    context.obj = GlobalOptions(
        target=target,
        as_json=as_json,
        yes=yes,
        no_input=no_input,
        no_color=no_color or "NO_COLOR" in os.environ,
        quiet=quiet,
        verbose=verbose,
        lock_timeout=lock_timeout,
    )


COMMANDS: Mapping[str, Callable[..., None] | typer.Typer] = {
    "doctor": doctor.doctor,
    "env": env.app,
    "render": render.render,
    "lint": lint.lint,
    "iam": iam.app,
    "plan": plan.plan,
    "apply": apply.apply,
    "deploy": deploy.deploy,
    "release": release.release,
    "releases": releases.app,
    "rollback": rollback.rollback,
    "smoke": smoke.smoke,
    "promote": promote.promote,
    "lock": lock.app,
    "status": status.status,
    "report": report.report,
    "drift": drift.drift,
    "outputs": outputs.outputs,
    "graph": graph.graph,
    "cost": cost.cost,
    "dr": dr.app,
    "destroy": destroy.destroy,
    "recover": recover.recover,
    "bootstrap": bootstrap.bootstrap,
    "pipeline": pipeline.app,
    "emulator": emulator.app,
    "local": local.app,
}
"""In the order of the help: what runs, or the group of what runs."""


def command_line() -> GlobalOptionsGroup:
    """Everything that can be typed."""
    group = cast("GlobalOptionsGroup", typer.main.get_command(app))
    for name, command in COMMANDS.items():
        group.add_command(ListedCommand(name, command))
    return group


def main() -> None:
    """Run the command line and leave with the contract's exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every failure has been explained on stderr."""
    read_plainly()
    try:
        outcome = command_line().main(args=arguments, prog_name="studyctl", standalone_mode=False)
    except typer.Exit as exit_request:
        return exit_request.exit_code
    except SystemExit as answered:  # the shell asked for completions; typer and rich also end with 1 at a closed pipe
        if isinstance(answered.__context__, BrokenPipeError):
            return errors.explain(answered.__context__)
        return answered.code if isinstance(answered.code, int) else 0
    except BaseException as failure:  # noqa: BLE001  the boundary: everything is explained, nothing is swallowed
        return errors.explain(failure)
    return outcome if isinstance(outcome, int) else 0


if __name__ == "__main__":
    main()
