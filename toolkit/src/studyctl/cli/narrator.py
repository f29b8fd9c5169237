"""Tells a person what a deployment does: steps, progress while terraform works, the plan, the verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from studyctl.cli import plan_text
from studyctl.cli.console import Console, table
from studyctl.cli.permissions_text import show_permissions
from studyctl.domain.events import Action, ApplyCompleted, ApplyErrored, Event
from studyctl.domain.journal import Step
from studyctl.domain.progress import SLOW_SECONDS, Progress

if TYPE_CHECKING:
    from rich.live import Live

    from studyctl.domain.outcome import ApplyOutcome
    from studyctl.domain.verification import Verdict
    from studyctl.usecases.plan import JudgedPlan, OnEvent
    from studyctl.wiring import Site

PLAIN_EVERY_SECONDS = 15.0
"""How often a plain log gets a line while nothing else is said: often enough to see that it lives."""
REDRAW_EVERY_SECONDS = 0.2

Clock = Callable[[], str]

STEP_WORDS = {
    Step.PREFLIGHT: "Checking state and ledger",
    Step.UNLOCK: "Releasing the lock that a lost run left",
    Step.STORE: "Storing the state that terraform could not store",
    Step.UNTAINT: "Telling the state that what was interrupted is whole",
    Step.RENDER: "Rendering",
    Step.PLAN: "Planning",
    Step.LINT: "Judging policies and controls",
    Step.GUARD: "Guarding data",
    Step.CONFIRM: "Confirming",
    Step.APPLY: "Applying",
    Step.VERIFY: "Asking the account what is there",
    Step.RECORD: "Recording",
    Step.RELEASE: "Releasing",
}


class Narrator:
    """Narrates on stderr: a line that redraws itself on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, site: Site) -> None:
        self._console = console
        self._site = site
        self._started = time.monotonic()

    def step(self, step: Step) -> None:
        """Name the step that begins, with the seconds since the command began."""
        self._console.say(f"{self._clock()}  {STEP_WORDS[step]}")

    def on_event(self) -> OnEvent:
        """Show the progress of one terraform operation."""
        progress = _LiveProgress if self._console.is_live else _PlainProgress
        return progress(self._console, self._clock)

    def planned(self, plan: JudgedPlan) -> None:
        """Show the plan by module, with what it means."""
        self._console.show(plan_text.render(plan.summary, verbose=self._console.options.verbose))
        show_permissions(self._console, plan.document)
        for warning in plan.warnings:
            self._console.warn(f"{warning.where + ': ' if warning.where else ''}{warning.summary}")

    def confirm(self, plan: JudgedPlan) -> None:
        """Ask before a real account changes; on the emulator only before it loses everything."""
        if not self._site.connection.is_real:
            return
        name = self._site.environment.name
        self._console.confirm(
            f"Apply {plan_text.counted(plan.summary)} to {name} in account {self._site.connection.account_id}?",
            rerun=f"studyctl deploy {name} --yes",
        )

    def applied(self, outcome: ApplyOutcome) -> None:
        """Warn of a lock that is left and of a log that is cut short."""
        name = self._site.environment.name
        if outcome.lock_left:
            self._console.warn(
                f"all was applied and stored, and the lock could not be given back ({outcome.lock_left}); "
                f"release it with: studyctl recover {name}"
            )
        if outcome.is_log_cut_short:
            self._console.warn(
                "all was applied and stored, and terraform's log is cut short: the disk is full. Make room before "
                "anything else runs"
            )

    def verified(self, checks: Sequence[Verdict]) -> None:
        """Show what the account answered: all of it with -v, else only the sum and what is wrong."""
        bad = [check for check in checks if not check.ok]
        shown = checks if self._console.options.verbose else bad
        if shown:
            rows = [(c.expectation.kind, c.expectation.name, "ok" if c.ok else "WRONG", c.detail) for c in shown]
            self._console.show(table(("kind", "name", "", "what it answers"), rows))
        self._console.say(f"          {len(checks) - len(bad)} of {len(checks)} answer as they must")

    def _clock(self) -> str:
        return f"{time.monotonic() - self._started:6.1f} s"


class _PlainProgress:
    """A line now and then, and one for each resource that was slow or failed."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._last = time.monotonic()

    def __call__(self, event: Event, progress: Progress) -> None:
        verbose = self._console.options.verbose
        match event:
            case ApplyErrored(address=address):
                self._say(f"FAILED {address}")
            case ApplyCompleted(address=address, action=action, elapsed_seconds=seconds) if seconds >= SLOW_SECONDS or (
                verbose and action is not Action.READ
            ):
                self._say(f"{action.value} {address} took {seconds} s")
            case _ if time.monotonic() - self._last >= PLAIN_EVERY_SECONDS:
                self._say(summary_line(progress))

    def _say(self, text: str) -> None:
        self._last = time.monotonic()
        self._console.say(f"{self._clock()}  {text}")


class _LiveProgress:
    """One line that redraws itself: how much is done, what is in flight and for how long."""

    def __init__(self, console: Console, clock: Clock) -> None:
        from rich.live import Live  # noqa: PLC0415

        self._console = console
        self._clock = clock
        self._last = 0.0
        self._live: Live | None = Live(console=console.err, transient=True, auto_refresh=False)

    def __call__(self, event: Event, progress: Progress) -> None:
        if isinstance(event, ApplyErrored):
            self._console.say(f"{self._clock()}  FAILED {event.address}")
        is_over = progress.has_applied
        if self._live is None or (not is_over and time.monotonic() - self._last < REDRAW_EVERY_SECONDS):
            return
        self._last = time.monotonic()
        if is_over:
            self._live.stop()
            self._live = None
            return
        if not self._live.is_started:
            self._live.start()
        self._live.update(f"{self._clock()}  {summary_line(progress)}", refresh=True)


def summary_line(progress: Progress) -> str:
    """How far it is, in one line: `212 of 418 · in flight 30, longest: module.database... 74 s`."""
    if progress.is_waiting_for_lock:
        return "waiting for the state lock"
    if not progress.total and not progress.done:
        return f"{progress.refreshed} resources read"
    if not progress.in_flight:
        return f"{progress.done} of {progress.total} done"
    now = time.time()
    longest = ", ".join(f"{flight.address} {flight.seconds(now)} s" for flight in progress.oldest(2))
    return f"{progress.done} of {progress.total} done · {len(progress.in_flight)} in flight · longest: {longest}"
