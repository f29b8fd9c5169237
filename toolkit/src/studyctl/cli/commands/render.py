"""`studyctl render`."""

from __future__ import annotations

from typing import Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.cli.options import Target, options_of
from studyctl.errors import Refused


def render(
    context: typer.Context,
    environment: EnvironmentName,
    check: Annotated[bool, typer.Option("--check", help="write nothing; exit 3 when something would change")] = False,
) -> None:
    """Write what terraform reads for an environment: variables and backend. Calls nothing."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.private_files import PrivateFolder  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.workspace import Workspace  # noqa: PLC0415
    from studyctl.usecases.render import find_differences, write_files  # noqa: PLC0415

    console = console_of(context)
    repository = wiring.find_repository()
    spec = wiring.specs().load(environment)
    account_id = wiring.account_of(spec, rehearse=options_of(context).target is Target.EMULATOR)
    rendered = wiring.rendered(spec, Workspace.platform(environment, repository), account_id)
    files = PrivateFolder(repository / wiring.BUILD)
    if check:
        differences = find_differences(rendered, files)
        if differences:
            raise Refused(
                f"what was rendered for {environment} is not what its file says now",
                why="\n".join(
                    f"{difference.path.name} is missing" if difference.is_missing else difference.diff
                    for difference in differences
                ),
                hint=f"Render it anew: studyctl render {environment}",
            )
        console.say(f"{environment}: what was rendered is current")
        return
    written = write_files(rendered, files)
    paths = [str(file.path.relative_to(repository)) for file in rendered]
    console.data({"files": paths, "written": len(written)}, "\n".join(paths))
