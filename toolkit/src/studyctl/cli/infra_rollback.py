"""The way back of the infrastructure: what a recorded commit's files say, planned and shown through the usual guards.

State is never restored: the composition of that commit is planned against the state as it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from studyctl.cli.commands.deploy import present, run_deployment
from studyctl.cli.options import options_of
from studyctl.cli.session import preparing
from studyctl.domain.release.infra_rollback import applied_commit, infrastructure_target
from studyctl.errors import Refused

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.wiring import Site
    from studyctl.wiring_releases import ReleaseSite

DIRTY = "-dirty"


def roll_infra_back(
    context: typer.Context, console: Console, releases: ReleaseSite, *, to: int | None, dry_run: bool
) -> None:
    """Plan the composition of the target's commit and, after the guards and a yes, apply it.

    Raises:
        Refused: that commit is not known exactly, or this repository does not have it.
    """
    from studyctl.adapters.git import checked_out  # noqa: PLC0415
    from studyctl.usecases.deploy import DeployRequest  # noqa: PLC0415
    from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415

    site = releases.site
    state = site.bucket.state_version()
    applied = applied_commit(site.bucket.latest_record(), state.serial if state else None)
    target = infrastructure_target(releases.aws.ledger.entries(), applied=applied, to=to)
    commit = target.release.commit
    if commit.endswith(DIRTY) or commit == "unknown":
        raise Refused(
            f"nobody can say what the files were when release {target.number} was made: its commit is {commit}",
            why="The working tree differed from the commit, or there was none.",
            hint="Check out the files that you mean and deploy them: studyctl deploy "
            f"{site.environment.name} --only infra",
        )
    request = DeployRequest(PlanRequest(lock_timeout_seconds=options_of(context).lock_timeout_seconds), dry_run=dry_run)
    with checked_out(site.repository, commit, site.workspace.build / "commits") as folder, preparing(site, console):
        console.say(f"Planning what commit {commit[:12]} says, of release {target.number}")
        there = _at(site, commit, folder)
        outcome = run_deployment(console, there, request)
    present(console, site, outcome, dry_run=dry_run)


def _at(site: Site, commit: str, folder: Path) -> Site:
    """The same environment with that commit's environment file and composition, and this checkout's build folder."""
    from studyctl.adapters.specs import SpecFiles  # noqa: PLC0415
    from studyctl.wiring import OtherCommit  # noqa: PLC0415

    environment = SpecFiles(folder).load(site.environment.name)
    return replace(site, environment=environment, other_commit=OtherCommit(commit, folder / "infra" / "platform"))
