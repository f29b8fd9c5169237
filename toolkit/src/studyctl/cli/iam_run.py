"""The deployed workloads at work on the emulator, and what they were recorded to call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from studyctl.errors import UsageError

if TYPE_CHECKING:
    from studyctl.usecases.iam import Recording


def recorded_run(context: typer.Context, environment: str, roles: Iterable[str]) -> Recording:
    """Run every smoke check and return what the tasks called, by role: in the smoke test and since they were started.

    Raises:
        UsageError: the environment is not on the emulator; an account records nothing.
        SmokeFailed: the workloads do not do their work, so their calls prove nothing.
    """
    from studyctl.adapters.recorded_calls import calls_on  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.domain.release.history import base_of  # noqa: PLC0415
    from studyctl.domain.smoke.subject import Subject  # noqa: PLC0415
    from studyctl.usecases.smoke import choose, require_healthy  # noqa: PLC0415
    from studyctl.wiring_releases import open_releases  # noqa: PLC0415

    console, site = open_site(context, environment, start=False)
    endpoint_url = site.connection.endpoint_url
    if endpoint_url is None:
        raise UsageError(
            f"{environment} is in account {site.connection.account_id}, where no calls are recorded",
            hint=f"Rehearse it: studyctl --target emulator iam prove {environment} --run",
        )
    releases = open_releases(site)
    subject = Subject.of(releases.place, releases.platform, base_of(releases.aws.ledger.entries()))
    report = releases.prober(choose(())).probe(subject)
    require_healthy(report, environment)
    recording = calls_on(endpoint_url, roles)
    console.say(
        f"{sum(map(len, recording.values()))} different calls of {len(recording)} roles were recorded: "
        f"{', '.join(sorted(recording))}"
    )
    return recording
