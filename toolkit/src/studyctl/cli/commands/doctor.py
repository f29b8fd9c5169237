"""`studyctl doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.options import Target, options_of
from studyctl.errors import PreflightFailed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.usecases.doctor import Diagnosis


def doctor(
    context: typer.Context,
    environment: Annotated[str | None, typer.Argument(help="look at its account and state too")] = None,
) -> None:
    """Say what is wrong on this machine or with an environment's account, and the command that mends it."""
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases.doctor import Health, examine, is_healthy  # noqa: PLC0415

    console = console_of(context)
    rehearse = options_of(context).target is Target.EMULATOR
    diagnoses = examine(wiring.examinations(environment, rehearse=rehearse))
    console.data(
        [{"subject": d.subject, "health": d.health, "detail": d.detail, "fix": d.fix} for d in diagnoses],
        _table(diagnoses),
    )
    if not is_healthy(diagnoses):
        bad = [d for d in diagnoses if d.health is Health.BAD]
        raise PreflightFailed(
            f"{len(bad)} of {len(diagnoses)} things need mending", hint="\n".join(d.fix for d in bad if d.fix)
        )


def _table(diagnoses: tuple[Diagnosis, ...]) -> RenderableType:
    from studyctl.cli.console import table  # noqa: PLC0415

    return table(("what", "", "found", "fix"), [(d.subject, d.health, d.detail, d.fix) for d in diagnoses])
