"""`studyctl promote`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.release import AcceptAlarm, ForceMigrations, ManifestFile, Reason, RunBefore
from studyctl.cli.options import options_of
from studyctl.cli.permit import OverrideFreeze


def promote(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="where it was proven", show_default=False)],
    target: Annotated[str, typer.Argument(metavar="TO", help="where it is released", show_default=False)],
    from_profile: Annotated[
        str | None,
        typer.Option(
            "--from-profile",
            help="AWS profile that reads FROM, where that is another account: its ledger and its registry",
        ),
    ] = None,
    only: Annotated[
        int | None,
        typer.Option("--release", metavar="ENTRY", help="only if this entry of FROM's `releases` is what serves there"),
    ] = None,
    run_before: RunBefore = None,
    accept_alarm: AcceptAlarm = None,
    force_migrations: ForceMigrations = False,
    manifest: ManifestFile = None,
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
    override_freeze: OverrideFreeze = None,
) -> None:
    """Release in TO exactly the images that serve in FROM, if they were proven and baked there.

    An image that TO's registry does not have is copied there first, byte by byte: its digest stays.
    """
    from dataclasses import replace  # noqa: PLC0415

    from studyctl.cli import markdown  # noqa: PLC0415
    from studyctl.cli.commands.release import finish_what_was_left, request_of, run_release  # noqa: PLC0415
    from studyctl.cli.permit import permit_for  # noqa: PLC0415
    from studyctl.cli.release_text import outcome_json, outcome_text  # noqa: PLC0415
    from studyctl.cli.runner_files import publish  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.errors import UsageError  # noqa: PLC0415
    from studyctl.usecases.promote import plan_promotion  # noqa: PLC0415
    from studyctl.wiring_releases import ledger_for, open_releases  # noqa: PLC0415

    if source == target:
        raise UsageError(f"{source} is both FROM and TO", hint="Name where it was proven, then where it shall go.")
    asked = request_of(
        run_before=run_before,
        accepted=accept_alarm or (),
        force_migrations=force_migrations,
        manifest=manifest,
        reason=reason,
        dry_run=dry_run,
        lock_timeout_seconds=options_of(context).lock_timeout_seconds,
    )
    _, from_site = open_site(context, source, start=False, profile=from_profile)
    promotion = plan_promotion(ledger_for(from_site).entries(), source, only=only)
    console, site = open_site(context, target, start=False)
    permit = permit_for(console, site, override_freeze, dry_run=dry_run)
    releases = open_releases(site)
    for image in promotion.exact:
        if dry_run and site.connection.is_real:
            releases.require_there(image, source)
            continue
        if not dry_run and not releases.has(image):
            permit.require()  # what is not there yet is not served either, so this changes something
        if (copied := releases.bring(image, from_site)).manifests:
            console.say(f"{image.short} was copied to {releases.place.registry_url}: {copied.blobs} layers were sent")
    request = replace(asked, images=promotion.images, permit=permit, promoted_from=promotion.promoted_from)
    if not dry_run:
        finish_what_was_left(console, releases, lock_timeout_seconds=request.lock_timeout_seconds)
    outcome = run_release(console, releases, request, new_run_id())
    publish(markdown.release(target, outcome, dry_run=dry_run))
    console.data(outcome_json(outcome, dry_run=dry_run), outcome_text(target, outcome, dry_run=dry_run))
