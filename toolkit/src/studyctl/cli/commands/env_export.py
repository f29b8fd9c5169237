"""`studyctl env export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from studyctl.domain.environment import Environment

LOCAL_FILE, CLOUD_FILE = ".env.local", ".env.cloud"


def export(
    context: typer.Context,
    environment: EnvironmentName,
    local: Annotated[bool, typer.Option("--local", help="for the servers of `studyctl local` on this machine")] = False,
    service: Annotated[str, typer.Option(help="whose settings, where they are deployed")] = "api",
    out: Annotated[
        Path | None, typer.Option(help=f"the file; default: {CLOUD_FILE} or {LOCAL_FILE} in the checkout")
    ] = None,
) -> None:
    """Write what services are told, as a file for SETTINGS_FILE: the only thing that differs between here and there."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.private_files import PrivateFolder  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain import settings_file  # noqa: PLC0415

    spec = wiring.specs().load(environment)
    if service not in type(spec.services).model_fields:
        raise UsageError(
            f"there is no service {service!r}", hint=f"It is one of: {', '.join(type(spec.services).model_fields)}"
        )
    settings = _local_settings(spec) if local else _deployed_settings(context, spec, service)
    place = "this machine's servers" if local else f"{environment} as it is deployed"
    secrets = "of this machine" if local else "named by what they are read from, as in a task definition"
    heading = (f"What services are told to use {place}. Secrets are {secrets}.", "SETTINGS_FILE=this file names it.")
    file = (out or wiring.find_repository() / (LOCAL_FILE if local else CLOUD_FILE)).absolute()
    PrivateFolder(file.parent).write(file, settings_file.render(settings, heading))
    console_of(context).data(
        {"file": str(file), "settings": sorted(settings)}, f"{len(settings)} settings are in {file}"
    )


def _local_settings(spec: Environment) -> dict[str, str]:
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.local.stack import LocalStack  # noqa: PLC0415
    from studyctl.domain.local.settings import Purpose  # noqa: PLC0415

    purpose = Purpose(spec.name, spec.region, spec.services.api.log_level)
    return LocalStack(wiring.find_repository() / wiring.BUILD / "local", purpose).settings()


def _deployed_settings(context: typer.Context, spec: Environment, service: str) -> dict[str, str]:
    from studyctl.adapters.aws.ecs import EcsServices  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.domain.local.settings import task_settings  # noqa: PLC0415
    from studyctl.domain.release.definitions import main_container  # noqa: PLC0415
    from studyctl.usecases.deploy import PLATFORM_OUTPUT  # noqa: PLC0415

    _, site = open_site(context, spec.name, start=False)
    platform = site.bucket.state_outputs().get(PLATFORM_OUTPUT) or {}
    family = platform.get("services", {}).get(service, {}).get("task_definition_family")
    cluster = platform.get("cluster", {}).get("name", "")
    ecs = EcsServices(site.session.client("ecs"), site.session.client("logs"), cluster)
    newest = ecs.newest_of(family) if family else None
    if newest is None:
        raise UsageError(
            f"{spec.name} is not deployed, so nobody knows what its services are told",
            hint=f"Deploy it first: studyctl deploy {spec.name}; for this machine: add --local",
        )
    return dict(sorted(task_settings(main_container(newest[1])).items()))
