"""`studyctl release`, and the release that a deploy goes on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.options import options_of
from studyctl.cli.permit import OverrideFreeze

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.domain.release.ledger import LedgerEntry
    from studyctl.domain.release.manifest import Manifest
    from studyctl.usecases.release import ReleaseOutcome, ReleaseRequest
    from studyctl.wiring import Site
    from studyctl.wiring_releases import ReleaseSite

ImageChoices = Annotated[
    list[str] | None,
    typer.Option("--image", metavar="SERVICE=REF", help="image of one service: a tag, a digest, or REPOSITORY:TAG"),
]
Tag = Annotated[str | None, typer.Option("--tag", help="tag (or digest) of the image of all services")]
RunBefore = Annotated[
    str | None, typer.Option("--run-before", metavar="COMMAND", help="run in the new image first, such as migrate")
]
AcceptAlarm = Annotated[
    list[str] | None,
    typer.Option("--accept-alarm", metavar="NAME", help="release although this alarm rings; recorded; may be repeated"),
]
ForceMigrations = Annotated[
    bool, typer.Option("--force-migrations", help="although releases that may come back cannot work with them")
]
ManifestFile = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="what the pipeline built: only images in it are released"),
]
Reason = Annotated[str, typer.Option("--reason", help="why; it stays in the ledger")]


def release(
    context: typer.Context,
    environment: EnvironmentName,
    services: Annotated[list[str] | None, typer.Argument(help="services to release; all when none is named")] = None,
    image: ImageChoices = None,
    tag: Tag = None,
    run_before: RunBefore = None,
    accept_alarm: AcceptAlarm = None,
    force_migrations: ForceMigrations = False,
    manifest: ManifestFile = None,
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="finish what a killed release or rollback left")] = False,
    override_freeze: OverrideFreeze = None,
) -> None:
    """Release services, prove them, and go back to the last proven release when that fails."""
    request = request_of(
        services=tuple(services or ()),
        images=image or (),
        tag=tag,
        run_before=run_before,
        accepted=accept_alarm or (),
        force_migrations=force_migrations,
        manifest=manifest,
        reason=reason,
        dry_run=dry_run,
        lock_timeout_seconds=options_of(context).lock_timeout_seconds,
    )
    release_as_asked(context, environment, request, resume=resume, override_freeze=override_freeze)


def release_as_asked(
    context: typer.Context,
    environment: str,
    request: ReleaseRequest,
    *,
    resume: bool,
    override_freeze: str | None,
    finish_first: bool = False,
) -> None:
    """Release into what is deployed, or finish what was left, and print what came of it.

    Windows and freezes hold nobody back from finishing: what is half released is worse than either.
    """
    from dataclasses import replace  # noqa: PLC0415

    from studyctl.cli import markdown  # noqa: PLC0415
    from studyctl.cli.permit import permit_for  # noqa: PLC0415
    from studyctl.cli.release_text import outcome_json, outcome_text  # noqa: PLC0415
    from studyctl.cli.runner_files import publish, set_output  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.wiring_releases import open_releases  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    releases = open_releases(site)
    if resume:
        present_resumed(console, environment, finish(console, releases, new_run_id()))
        return
    dry_run = request.dry_run
    if finish_first and not dry_run:
        finish_what_was_left(console, releases, lock_timeout_seconds=request.lock_timeout_seconds)
    request = replace(request, permit=permit_for(console, site, override_freeze, dry_run=dry_run))
    outcome = run_release(console, releases, request, new_run_id())
    publish(markdown.release(environment, outcome, dry_run=dry_run))
    if outcome.serving is not None:
        set_output(release=str(outcome.serving.number))
    console.data(outcome_json(outcome, dry_run=dry_run), outcome_text(environment, outcome, dry_run=dry_run))


def request_of(
    *,
    images: list[str] | tuple[str, ...] = (),
    tag: str | None = None,
    run_before: str | None = None,
    accepted: list[str] | tuple[str, ...] = (),
    manifest: Path | None = None,
    **fields: Any,
) -> ReleaseRequest:
    """What the options ask for."""
    import shlex  # noqa: PLC0415

    from studyctl.domain.release.images import ImageReference, parse_choice  # noqa: PLC0415
    from studyctl.usecases.release import ReleaseRequest  # noqa: PLC0415

    return ReleaseRequest(
        images=dict(parse_choice(choice) for choice in images),
        tag=ImageReference.parse(tag) if tag else None,
        run_before=tuple(shlex.split(run_before)) if run_before else (),
        accepted_alarms=frozenset(accepted),
        manifest=_read_manifest(manifest) if manifest else None,
        **fields,
    )


def _read_manifest(path: Path) -> Manifest:
    from studyctl.domain.release.manifest import parse_manifest  # noqa: PLC0415
    from studyctl.errors import UsageError  # noqa: PLC0415

    try:
        return parse_manifest(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as unreadable:
        raise UsageError(f"{path} cannot be read: {unreadable}") from unreadable


def run_release(console: Console, releases: ReleaseSite, request: ReleaseRequest, run_id: str) -> ReleaseOutcome:
    """Run the use case with this environment's ports."""
    from dataclasses import replace  # noqa: PLC0415

    from studyctl.cli.release_narrator import ReleaseNarrator  # noqa: PLC0415
    from studyctl.cli.stop_signals import stop_signals  # noqa: PLC0415
    from studyctl.usecases.release import release as release_services  # noqa: PLC0415
    from studyctl.wiring_releases import holding_for  # noqa: PLC0415

    site = releases.site
    for key in request.images:
        releases.place.chosen([key])
    for reference in dict.fromkeys([*request.images.values(), *([request.tag] if request.tag else [])]):
        if releases.build_if_absent(reference):
            console.say(f"Nobody pushed {reference}: it is the services of this checkout from now on")
    if request.tag is None:
        request = replace(request, tag=releases.default_image())
    if site.connection.is_real:
        question = f"Release to {site.environment.name} in account {site.connection.account_id}?"
        request = replace(request, question=question)
    narrator = ReleaseNarrator(console, rerun=f"studyctl release {site.environment.name} --yes")
    with stop_signals(), holding_for(site, run_id, "release") as holding:
        work = releases.work(holding, narrator)
        return release_services(request, work, releases.rules(), releases.origin(), releases.actor(run_id))


def finish(console: Console, releases: ReleaseSite, run_id: str) -> LedgerEntry | None:
    """Bring to its end what a dead command left."""
    from studyctl.cli.release_narrator import ReleaseNarrator  # noqa: PLC0415
    from studyctl.cli.stop_signals import stop_signals  # noqa: PLC0415
    from studyctl.usecases.release import resume_release  # noqa: PLC0415
    from studyctl.wiring_releases import holding_for  # noqa: PLC0415

    with stop_signals(), holding_for(releases.site, run_id, "release") as holding:
        work = releases.work(holding, ReleaseNarrator(console))
        return resume_release(work, releases.actor(run_id))


def finish_what_was_left(console: Console, releases: ReleaseSite, *, lock_timeout_seconds: float) -> None:
    """Bring a release to its end whose command died, if there is one; where it fails, what comes next is tried.

    What pipelines run does so by itself: there nobody is asked, and the next commit must not wait for somebody.
    """
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.errors import ReleaseFailed, RollbackFailed  # noqa: PLC0415
    from studyctl.usecases.releases import look  # noqa: PLC0415
    from studyctl.wiring_releases import holding_for  # noqa: PLC0415

    run_id = new_run_id()
    holding_for(releases.site, run_id, "release").wait_until_free(timeout_seconds=lock_timeout_seconds)
    left = look(releases.aws.ledger).left
    if left is None:
        return
    console.warn(f"{left.operation} {left.number} was left at step {left.step}: finishing it first")
    try:
        finish(console, releases, run_id)
    except (ReleaseFailed, RollbackFailed) as failed:
        console.warn(str(failed))


def present_resumed(console: Console, environment: str, entry: LedgerEntry | None) -> None:
    """Print what became of what was left."""
    from studyctl.cli.release_text import entry_json  # noqa: PLC0415

    text = (
        f"{environment}: {entry.operation} {entry.number} is {entry.status}"
        if entry
        else f"{environment}: nothing to resume"
    )
    console.data({"environment": environment, "entry": entry_json(entry) if entry else None}, text)


def releasing(
    console: Console, site: Site, request: ReleaseRequest, run_id: str
) -> Callable[[Mapping[str, Any], bool], ReleaseOutcome]:
    """What a deploy goes on with: first what an earlier command left, then the release."""
    from dataclasses import replace  # noqa: PLC0415

    from studyctl.usecases.deploy import PLATFORM_OUTPUT  # noqa: PLC0415
    from studyctl.wiring_releases import ReleaseSite  # noqa: PLC0415

    def go_on(outputs: Mapping[str, Any], dry_run: bool) -> ReleaseOutcome:
        releases = ReleaseSite(site, outputs[PLATFORM_OUTPUT])
        if not dry_run:
            finish_what_was_left(console, releases, lock_timeout_seconds=request.lock_timeout_seconds)
        return run_release(console, releases, replace(request, dry_run=dry_run), run_id)

    return go_on
