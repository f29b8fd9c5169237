"""`studyctl apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studyctl.cli.commands.deploy import AllowDestroy, EnvironmentName, present, run_deployment
from studyctl.cli.options import options_of


def apply(
    context: typer.Context,
    environment: EnvironmentName,
    plan: Annotated[Path, typer.Option(help="a plan that `plan --out` kept", show_default=False)],
    allow_destroy: AllowDestroy = None,
) -> None:
    """Apply exactly a plan that was kept and reviewed, and nothing else."""
    from studyctl.adapters.plan_store import read_saved_plan  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.usecases.deploy import DeployRequest, SavedPlan  # noqa: PLC0415
    from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415

    file, manifest = read_saved_plan(plan)
    console, site = open_site(context, environment, start=False)
    manifest.require(
        environment=environment,
        account_id=site.connection.account_id,
        region=site.connection.region,
        boot_id=site.connection.boot_id,
        state=site.bucket.state_version(),
    )
    request = DeployRequest(
        PlanRequest(
            allowed_destroys=frozenset(allow_destroy or ()),
            lock_timeout_seconds=options_of(context).lock_timeout_seconds,
        ),
        saved=SavedPlan(file, manifest.has_changes),
    )
    with preparing(site, console):
        outcome = run_deployment(console, site, request)
    present(console, site, outcome, dry_run=False)
