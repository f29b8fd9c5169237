"""Tells a person what a release does: the plan, the steps with their seconds, the verdicts, the way back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from studyctl.cli import release_text
from studyctl.cli.console import Console
from studyctl.cli.release_step_text import begun_text, step_text

if TYPE_CHECKING:
    from studyctl.domain.release.ledger import LedgerEntry
    from studyctl.domain.release.plan import RolloutPlan
    from studyctl.domain.release.rollback import RollbackPlan
    from studyctl.domain.release.steps import Step
    from studyctl.domain.release.verdicts import Verdict
    from studyctl.domain.smoke.report import SmokeReport


class ReleaseNarrator:
    """Narrates on stderr."""

    def __init__(self, console: Console, *, rerun: str = "") -> None:
        self._console = console
        self._rerun = rerun
        self._started = time.monotonic()

    def planned(self, plan: RolloutPlan) -> None:
        """Show what will change, value by value."""
        self._console.show(release_text.plan_text(plan))

    def going_back(self, plan: RollbackPlan) -> None:
        """Show what will be put back and what will not."""
        self._console.show(release_text.rollback_text(plan))

    def confirm(self, question: str) -> None:
        """Go on only after a yes."""
        self._console.confirm(question, rerun=self._rerun)

    def begun(self, entry: LedgerEntry, fallback: LedgerEntry | None) -> None:
        """Say what a failure means and how to go back by hand."""
        self._say(begun_text(entry, fallback))

    def step(self, entry: LedgerEntry, step: Step) -> None:
        """Name the step that begins."""
        self._say(step_text(entry, step))

    def progress(self, text: str) -> None:
        """Say what moved."""
        self._say(f"  {text}")

    def judged(self, name: str, verdict: Verdict) -> None:
        """Say what was judged, and why."""
        self._say(f"  {name}: {verdict}", style="green" if verdict.has_passed else "bold red")

    def tested(self, report: SmokeReport) -> None:
        """Show what the smoke test found: all of it with -v, else the sum and what is wrong."""
        verdict = report.verdict
        if self._console.options.verbose or not verdict.has_passed:
            self._console.show(release_text.smoke_table(report))
        self._say(f"  smoke: {verdict.judgement}, {release_text.counted(report)}")

    def turned(self, failed: LedgerEntry, target: LedgerEntry) -> None:
        """Say that the way back begins, and where it leads."""
        self._say(f"release {failed.number} {failed.status}: {failed.problem}", style="bold red")
        self._say(f"going back to release {target.origin}, the last that was proven", style="bold")

    def _say(self, text: str, *, style: str | None = None) -> None:
        self._console.say(f"{self._clock()}  {text}", style=style)

    def _clock(self) -> str:
        return f"{time.monotonic() - self._started:6.1f} s"
