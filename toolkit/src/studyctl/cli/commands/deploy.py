"""`studyctl deploy`."""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.options import options_of
from studyctl.cli.permit import OverrideFreeze

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.usecases.deploy import DeployOutcome, DeployRequest, Release
    from studyctl.wiring import Site

MIGRATE = "migrate"
"""The role of every image that brings the database to the shape it needs."""


class Only(enum.StrEnum):
    """One part of a deploy."""

    INFRA = "infra"
    SERVICES = "services"


EnvironmentName = Annotated[str, typer.Argument(help="dev, staging or prod", show_default=False)]
AllowDestroy = Annotated[
    list[str] | None,
    typer.Option("--allow-destroy", metavar="ADDRESS", help="let this resource lose its data; may be repeated"),
]


def deploy(
    context: typer.Context,
    environment: EnvironmentName,
    allow_destroy: AllowDestroy = None,
    only: Annotated[Only | None, typer.Option("--only", help="leave the other part as it is")] = None,
    image: Annotated[
        list[str] | None, typer.Option("--image", metavar="SERVICE=REF", help="as for `release`; may be repeated")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="as for `release`: the image of all services")] = None,
    run_before: Annotated[
        str, typer.Option("--run-before", metavar="COMMAND", help="as for `release`, where a service changes")
    ] = MIGRATE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="stop after the plan and its verdict")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="say where the last run stood, then go on from there")
    ] = False,
    override_freeze: OverrideFreeze = None,
) -> None:
    """Bring an environment to what its file says, migrate, release its services, and prove that they work.

    In AWS services are released only where an image or a tag is named; the emulator runs those of this checkout.
    """
    from dataclasses import replace  # noqa: PLC0415

    from studyctl.cli.commands.release import release_as_asked, releasing, request_of  # noqa: PLC0415
    from studyctl.cli.permit import permit_for  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.usecases.deploy import DeployRequest  # noqa: PLC0415
    from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415
    from studyctl.wiring_releases import holding_for  # noqa: PLC0415

    lock_timeout_seconds = options_of(context).lock_timeout_seconds
    wanted = request_of(
        images=image or (),
        tag=tag,
        run_before=run_before,
        run_before_always=False,
        dry_run=dry_run,
        lock_timeout_seconds=lock_timeout_seconds,
    )
    if only is Only.SERVICES:
        release_as_asked(
            context, environment, wanted, resume=resume, override_freeze=override_freeze, finish_first=True
        )
        return
    console, site = open_site(context, environment)
    permit = permit_for(console, site, override_freeze, dry_run=dry_run)
    wanted = replace(wanted, permit=permit)
    if resume:
        _say_where_it_stood(console, site)
    request = DeployRequest(
        PlanRequest(allowed_destroys=frozenset(allow_destroy or ()), lock_timeout_seconds=lock_timeout_seconds),
        dry_run=dry_run,
        permit=permit,
    )
    run_id = new_run_id()
    with preparing(site, console):
        if not dry_run:
            holding_for(site, run_id, "deploy").wait_until_free(timeout_seconds=lock_timeout_seconds)
        has_images = bool(image or tag) or not site.connection.is_real
        go_on = releasing(console, site, wanted, run_id) if has_images and only is not Only.INFRA else None
        outcome = run_deployment(console, site, request, release=go_on, run_id=run_id)
    present(console, site, outcome, dry_run=dry_run)
    if go_on is None and not dry_run:
        console.say(f"The services run what they ran; to release them: studyctl release {environment}")


def run_deployment(
    console: Console, site: Site, request: DeployRequest, *, release: Release | None = None, run_id: str | None = None
) -> DeployOutcome:
    """Run the use case with this site's ports; also what `destroy` is made of."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from studyctl.adapters.journal import FileJournal  # noqa: PLC0415
    from studyctl.cli.lint_text import summed  # noqa: PLC0415
    from studyctl.cli.narrator import Narrator  # noqa: PLC0415
    from studyctl.domain.lifetime import expires_at  # noqa: PLC0415
    from studyctl.usecases.deploy import Ports, deploy  # noqa: PLC0415
    from studyctl.wiring_lint import gate_of  # noqa: PLC0415

    identity = site.identity(run_id)
    journal = FileJournal(site.workspace, identity.run_id, request.operation, warn=console.warn)
    site.terraform.interrupts.tell_also(lambda interruption: journal.interrupted(interruption.name.lower()))
    ports = Ports(
        terraform=site.terraform,
        ledger=site.bucket,
        observer=site.inventory,
        journal=journal,
        narrator=Narrator(console, site),
        render=site.render,
        now=lambda: datetime.now(UTC).isoformat(timespec="seconds"),
        credentials_end=expires_at(os.environ) if site.connection.is_real else None,
        lint=gate_of(site.repository, lambda report: console.say(f"          {summed(report)}")),
        release=release,
    )
    return deploy(request, site.workspace, ports, identity)


def present(console: Console, site: Site, outcome: DeployOutcome, *, dry_run: bool) -> None:
    """Print the result: JSON, or what was done and the addresses that matter."""
    from studyctl.cli import plan_text  # noqa: PLC0415
    from studyctl.cli.outputs_text import outputs_table  # noqa: PLC0415
    from studyctl.cli.release_text import outcome_json, outcome_text  # noqa: PLC0415

    name = site.environment.name
    _publish(name, outcome, dry_run=dry_run)
    document = {
        "environment": name,
        "target": site.connection.kind.value,
        "dry_run": dry_run,
        "plan": plan_text.as_json(name, outcome.plan.summary, has_changes=outcome.plan.has_changes),
        "record": outcome.record.to_json() if outcome.record else None,
        "checks": [
            {"kind": check.expectation.kind, "name": check.expectation.name, "ok": check.ok, "detail": check.detail}
            for check in outcome.checks
        ],
        "outputs": dict(outcome.outputs),
        "release": outcome_json(outcome.released, dry_run=dry_run) if outcome.released else None,
    }
    if dry_run:
        console.data(document, f"{name}: {plan_text.counted(outcome.plan.summary)}; nothing was applied")
        return
    console.data(document, outputs_table(outcome.outputs))
    done = plan_text.counted(outcome.plan.summary) if outcome.plan.has_changes else "no changes"
    number = f"deployment {outcome.record.number}" if outcome.record else ""
    console.say(f"{name} is deployed: {done} · {number} · {len(outcome.checks)} checks good", style="bold green")
    if outcome.released is not None:
        console.say(outcome_text(name, outcome.released, dry_run=dry_run), style="bold green")


def _publish(name: str, outcome: DeployOutcome, *, dry_run: bool) -> None:
    from studyctl.cli import markdown, plan_text  # noqa: PLC0415
    from studyctl.cli.runner_files import publish, set_output  # noqa: PLC0415
    from studyctl.usecases.deploy import PLATFORM_OUTPUT  # noqa: PLC0415

    publish(plan_text.markdown(name, outcome.plan.summary))
    if PLATFORM_OUTPUT in outcome.outputs:
        set_output(registry_url=outcome.outputs[PLATFORM_OUTPUT]["registry_url"])
    if outcome.released is not None:
        publish(markdown.release(name, outcome.released, dry_run=dry_run))


def _say_where_it_stood(console: Console, site: Site) -> None:
    from studyctl.adapters.journal import last_standing  # noqa: PLC0415

    stood = last_standing(site.workspace)
    if stood is None:
        console.say("No earlier run on this machine; starting from the beginning")
    elif stood.is_done:
        console.say(f"Run {stood.run_id} came to its end; checking that nothing is left to do")
    else:
        console.say(f"Run {stood.run_id} ({stood.operation}) stood at {stood.step}, {stood.phase} at {stood.at}")
