"""`studyctl destroy`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName, run_deployment
from studyctl.cli.options import options_of
from studyctl.cli.permit import OverrideFreeze
from studyctl.errors import Refused, UsageError


def destroy(
    context: typer.Context,
    environment: EnvironmentName,
    confirm: Annotated[
        str | None,
        typer.Option(help="the environment's name, typed out, where nobody can be asked", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would go")] = False,
    override_freeze: OverrideFreeze = None,
) -> None:
    """Remove everything of an environment. It asks for the name; --yes is not enough."""
    from dataclasses import asdict  # noqa: PLC0415

    from studyctl import wiring  # noqa: PLC0415
    from studyctl.cli import plan_text  # noqa: PLC0415
    from studyctl.cli.permit import permit_for  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.domain.leftovers import leftovers  # noqa: PLC0415
    from studyctl.usecases.deploy import DeployRequest  # noqa: PLC0415
    from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415

    spec = wiring.specs().load(environment)
    if not spec.can_be_destroyed and not dry_run:
        raise Refused(
            f"{environment} may not be destroyed",
            why=f"environments/{environment}.yaml says can_be_destroyed: false. Nothing was changed.",
            hint="If it must go: set can_be_destroyed and database.is_deletion_protected there, deploy, then destroy.",
        )
    if confirm is not None and confirm != environment:
        raise UsageError(f"--confirm says {confirm!r}, but this is {environment}", hint="Type the environment's name.")
    console, site = open_site(context, environment, start=False)
    permit = permit_for(console, site, override_freeze, dry_run=dry_run)
    if not dry_run:
        permit.require()  # before anybody types the name
    if confirm is None and not dry_run:
        console.confirm(
            f"Destroy {environment} in account {site.connection.account_id}, data included?",
            expected=environment,
            rerun=f"studyctl destroy {environment} --confirm {environment}",
        )
    request = DeployRequest(
        PlanRequest(destroy=True, lock_timeout_seconds=options_of(context).lock_timeout_seconds),
        dry_run=dry_run,
        permit=permit,
    )
    with preparing(site, console):
        outcome = run_deployment(console, site, request)
    counted = plan_text.counted(outcome.plan.summary)
    account_id = site.connection.account_id
    kept = leftovers(spec, account_id, site.bucket.name, does_aws_copy=site.connection.is_real)
    console.data(
        {
            "environment": environment,
            "dry_run": dry_run,
            "plan": plan_text.as_json(environment, outcome.plan.summary, has_changes=outcome.plan.has_changes),
            "kept": [asdict(one) for one in kept],
        },
        f"{environment}: {counted}; nothing was removed" if dry_run else f"{environment} is gone: {counted}",
    )
    for one in kept:
        console.say(f"Kept: {one.what} ({one.until})" + (f". Remove it: {one.command}" if one.command else ""))
