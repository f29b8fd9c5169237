"""The plan of an environment as terraform's JSON: of a file, or made for the occasion and thrown away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from studyctl.cli.options import options_of
from studyctl.errors import UsageError


def planned_document(context: typer.Context, environment: str, plan: Path | None) -> Mapping[str, Any]:
    """Return the plan of a file, or a new one. Nothing is judged and nothing is kept.

    Raises:
        UsageError: the file cannot be read, or the plan is for another environment.
    """
    from studyctl.usecases.survey import of_environment  # noqa: PLC0415

    if plan is not None and is_json(plan):
        return of_environment(read_json(plan), environment)
    return _surveyed(context, environment, plan)


def _surveyed(context: typer.Context, environment: str, plan: Path | None) -> Mapping[str, Any]:
    from studyctl.adapters.plan_store import read_saved_plan  # noqa: PLC0415
    from studyctl.cli.narrator import Narrator  # noqa: PLC0415
    from studyctl.cli.session import open_site, preparing  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.usecases.survey import survey, survey_saved  # noqa: PLC0415
    from studyctl.wiring_plans import opened  # noqa: PLC0415

    saved = read_saved_plan(plan) if plan else None
    console, site = open_site(context, environment)
    with site.terraform.interrupts, preparing(site, console):
        site.render()
        if saved is not None:
            with opened(site, saved) as file:
                return survey_saved(site.terraform, site.workspace, file)
        run_id = new_run_id()
        return survey(
            site.terraform,
            site.workspace,
            run_id,
            out=site.workspace.run_dir(run_id) / "plan.tfplan",
            lock_timeout_seconds=options_of(context).lock_timeout_seconds,
            on_event=Narrator(console, site).on_event(),
        )


def is_json(path: Path) -> bool:
    """Whether a file begins like JSON; a plan that terraform wrote is an archive.

    Raises:
        UsageError: it cannot be read.
    """
    return content_of(path, 64).lstrip()[:1] == b"{"


def content_of(path: Path, most_bytes: int = -1) -> bytes:
    """Return what a file begins with, or all of it.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most_bytes)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror})",
            hint="Name a file that is there. A plan is kept with: studyctl plan ENV --out FILE",
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a file of JSON holds.

    Raises:
        UsageError: it cannot be read, is not JSON, or no object.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})", hint="Name a file that is there.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}", hint="Write it anew, or name another file.") from error
    except RecursionError:
        raise UsageError(
            f"{path} nests too deep to be a policy or a plan", hint="Write it anew, or name another file."
        ) from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} holds no JSON object", hint="Name a policy, or a plan as terraform shows it.")
    return content
