"""`studyctl apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studyctl.cli.commands.deploy import AllowDestroy, EnvironmentName, present, run_deployment
from studyctl.cli.options import options_of
from studyctl.cli.permit import OverrideFreeze


def apply(
    context: typer.Context,
    environment: EnvironmentName,
    plan: Annotated[Path, typer.Option(help="a plan that `plan --out` kept", show_default=False)],
    seal: Annotated[
        str | None, typer.Option(metavar="SHA256", help="the seal that `plan --out` told, handed on another way")
    ] = None,
    allow_destroy: AllowDestroy = None,
    override_freeze: OverrideFreeze = None,
) -> None:
    """Apply exactly a plan that was kept and reviewed, if one made now would do the same."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from studyctl.adapters.plan_store import read_saved_plan  # noqa: PLC0415
    from studyctl.cli.permit import permit_for  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.usecases.deploy import DeployRequest, SavedPlan  # noqa: PLC0415
    from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415
    from studyctl.wiring_plans import circumstances_of, opened  # noqa: PLC0415

    sealed = read_saved_plan(plan)
    if seal is not None:
        sealed.require(seal)
    console, site = open_site(context, environment, start=False)
    sealed.manifest.require(circumstances_of(site), datetime.now(UTC))
    permit = permit_for(console, site, override_freeze)
    options = PlanRequest(
        allowed_destroys=frozenset(allow_destroy or ()),
        lock_timeout_seconds=options_of(context).lock_timeout_seconds,
    )
    with preparing(site, console), opened(site, sealed) as file:
        saved = SavedPlan(file, sealed.manifest.has_changes, sealed.manifest.change_set)
        outcome = run_deployment(console, site, DeployRequest(options, saved=saved, permit=permit))
    sealed.discard()
    present(console, site, outcome, dry_run=False)
