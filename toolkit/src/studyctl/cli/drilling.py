"""The substitute of a drill, built by the commands' own use cases, and who tells of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studyctl.domain.disaster.drill import DrillStep
from studyctl.errors import RecoveryFailed

if TYPE_CHECKING:
    from studyctl.cli.console import Console
    from studyctl.domain.release.images import ImageReference
    from studyctl.wiring import Site
    from studyctl.wiring_drill import DrillSite
    from studyctl.wiring_releases import ReleaseSite

STEP_WORDS: Mapping[DrillStep, str] = {
    DrillStep.RECORD: "Keeping the release that serves",
    DrillStep.MARK: "Writing markers",
    DrillStep.BACK_UP: "Backing up",
    DrillStep.LOSE: "Losing",
    DrillStep.REBUILD: "Building",
    DrillStep.CONNECT: "Letting a task reach the new stores",
    DrillStep.RESTORE: "Restoring",
    DrillStep.RELEASE: "Releasing",
    DrillStep.SMOKE: "Testing",
    DrillStep.CLEAN_UP: "Removing",
}
WITNESS = "api"
WITNESS_COMMAND = ("migrate", "--describe")
"""Connects to the database and writes nothing. The emulator starts every store that its environment names."""
WITNESS_SECONDS = 120.0
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class DrillNarrator:
    """A line a step on stderr."""

    console: Console

    def step(self, step: DrillStep, detail: str) -> None:
        """Name the step that begins."""
        self.console.say(f"{STEP_WORDS[step]}{' ' + detail if detail else ''}", style="bold")


@dataclass(frozen=True)
class RebuiltPlatform:
    """The substitute on the emulator."""

    console: Console
    drill: DrillSite
    run_id: str

    @property
    def name(self) -> str:
        """Its name."""
        return self._site.environment.name

    def exists(self) -> bool:
        """Whether its state names anything, or a run of it was left."""
        left = self._site.terraform.unfinished(self._site.workspace)
        return bool(self._site.bucket.identifiers()) or any(run.operation.changes_things for run in left)

    def build(self) -> Mapping[str, Any]:
        """A deploy of the infrastructure alone, with all its gates and checks."""
        from studyctl.cli.commands.deploy import run_deployment  # noqa: PLC0415
        from studyctl.cli.session import preparing  # noqa: PLC0415
        from studyctl.usecases.deploy import PLATFORM_OUTPUT, DeployRequest  # noqa: PLC0415
        from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415

        with preparing(self._site, self.console):
            outcome = run_deployment(self.console, self._site, DeployRequest(PlanRequest()))
        platform: Mapping[str, Any] = outcome.outputs[PLATFORM_OUTPUT]
        return platform

    def connect(self, platform: Mapping[str, Any], images: Mapping[str, ImageReference]) -> str:
        """Run one task of the release, which only asks the database what it holds.

        Raises:
            RecoveryFailed: it did not end well.
        """
        from studyctl.domain.release.definitions import with_image  # noqa: PLC0415

        releases = self.drill.built(platform)
        self._make_available(releases, images)
        place, services = releases.place.services[WITNESS], releases.aws.services
        image = releases.aws.registry.resolve(images[WITNESS])
        definition_arn = services.register(with_image(services.definition(place.template_arn), str(image)), {})
        arn = services.run_task(
            place,
            definition_arn=definition_arn,
            command=WITNESS_COMMAND,
            environment={},
            token=f"drill-{secrets.token_hex(8)}",
        )
        deadline = time.monotonic() + WITNESS_SECONDS
        while not (seen := services.task(arn)).is_stopped:
            if time.monotonic() >= deadline:
                raise RecoveryFailed(f"a task of {image} did not end within {WITNESS_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        if seen.exit_code != 0:
            said = "\n".join(services.task_lines(arn, definition_arn=definition_arn)[-8:])
            raise RecoveryFailed(f"no task of {image} reaches the new stores: {seen.reason}", why=said)
        return f"one task ran `{' '.join(WITNESS_COMMAND)}` against the empty database"

    def release(self, images: Mapping[str, ImageReference], promoted_from: str) -> None:
        """A release like any other: migrated, tested, baked."""
        from dataclasses import replace  # noqa: PLC0415

        from studyctl.cli.commands.release import request_of, run_release  # noqa: PLC0415
        from studyctl.wiring_releases import open_releases  # noqa: PLC0415

        request = request_of(run_before="migrate", promoted_from=promoted_from)
        run_release(self.console, open_releases(self._site), replace(request, images=dict(images)), self.run_id)

    def smoke(self, platform: Mapping[str, Any]) -> str:
        """Every probe, as `studyctl smoke` runs them.

        Raises:
            SmokeFailed: something is not healthy.
        """
        from studyctl.cli.release_text import counted, smoke_table  # noqa: PLC0415
        from studyctl.domain.release.history import base_of  # noqa: PLC0415
        from studyctl.domain.smoke.subject import Subject  # noqa: PLC0415
        from studyctl.usecases.smoke import require_healthy  # noqa: PLC0415

        releases = self.drill.built(platform)
        subject = Subject.of(releases.place, releases.platform, base_of(releases.aws.ledger.entries()))
        report = releases.prober().probe(subject)
        self.console.show(smoke_table(report))
        require_healthy(report, self.name)
        return f"the smoke test passed: {counted(report)}"

    def destroy(self) -> None:
        """What `studyctl destroy` does, if there is anything."""
        from studyctl.cli.commands.deploy import run_deployment  # noqa: PLC0415
        from studyctl.cli.session import preparing  # noqa: PLC0415
        from studyctl.usecases.deploy import DeployRequest  # noqa: PLC0415
        from studyctl.usecases.plan import PlanRequest  # noqa: PLC0415

        if self.exists():
            with preparing(self._site, self.console):
                run_deployment(self.console, self._site, DeployRequest(PlanRequest(destroy=True)))

    @property
    def _site(self) -> Site:
        return self.drill.substitute

    def _make_available(self, releases: ReleaseSite, images: Mapping[str, ImageReference]) -> None:
        for digest in sorted({reference.digest or "" for reference in images.values()}):
            releases.make_available(digest)
