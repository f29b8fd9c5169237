"""A recovery as people read it: what runs came to, what will be done, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studyctl.cli.console import Console
from studyctl.cli.narrator import Narrator
from studyctl.domain.recovery import LockStep, RecoveryPlan, StateStep

if TYPE_CHECKING:
    from studyctl.domain.journal import Step
    from studyctl.usecases.plan import JudgedPlan, OnEvent
    from studyctl.usecases.recover import RecoveryOutcome
    from studyctl.usecases.recovery_ports import RunEnd
    from studyctl.wiring import Site

LISTED = 30


class RecoveryNarrator:
    """Narrates a recovery like a deployment, with words of its own for what is decided."""

    def __init__(self, console: Console, site: Site) -> None:
        self._console = console
        self._site = site
        self._narrator = Narrator(console, site)

    def step(self, step: Step) -> None:
        """Name the step that begins."""
        self._narrator.step(step)

    def on_event(self) -> OnEvent:
        """Show the progress of one terraform operation."""
        return self._narrator.on_event()

    def planned(self, plan: JudgedPlan) -> None:
        """Show the plan that adopts: imports are no changes, so they are named by the decision instead."""
        imported = sum(change.is_import for change in plan.summary.changes)
        self._console.say(f"          {imported} exist and will be adopted")
        self._narrator.planned(plan)

    def told(self, end: RunEnd) -> None:
        """Say what a run came to."""
        words = f"run {end.record.run_id} ({end.record.operation.value}): {end.words}"
        if end.failure is None:
            self._console.say(words)
        else:
            self._console.warn(words)

    def decided(self, plan: RecoveryPlan) -> None:
        """Show what will be done."""
        for line in lines(plan):
            self._console.say(line)

    def confirm(self, question: str) -> None:
        """Ask before anything of a real account changes."""
        if self._site.connection.is_real:
            self._console.confirm(question, rerun=f"studyctl recover {self._site.environment.name} --yes")


def lines(plan: RecoveryPlan) -> Iterator[str]:
    """The plan, one thing a line."""
    if plan.lock_step is not LockStep.NONE and plan.lock is not None:
        yield f"lock: {plan.lock_step.value} ({plan.lock.info})"
    if plan.state_step is not StateStep.NONE and plan.unsaved is not None:
        stored = f"serial {plan.stored.serial}" if plan.stored else "none"
        yield f"state: {plan.state_step.value} (serial {plan.unsaved.state.serial}, stored: {stored})"
    yield from _listed("untaint", plan.untaint)
    yield from _listed("adopt", tuple(f"{one.address} ({one.resource_id})" for one in plan.adopt))
    yield from _listed("look for by name", plan.search)
    yield from _listed("may exist twice", tuple(f"{one.address} ({one.resource_id})" for one in plan.contested))
    yield from _listed("made again by the next deploy, which doubles nothing", plan.made_again)
    yield from _listed("left alone", plan.left)
    yield from _listed("tainted, so the next deploy replaces it unless told --untaint ADDRESS", plan.tainted)


def conclusion(outcome: RecoveryOutcome, *, dry_run: bool) -> str:
    """What was recovered and the next command."""
    name = outcome.plan.environment
    if dry_run:
        alive = [f"run {record.run_id} is still at work; recover follows it to its end" for record in outcome.alive]
        decided = list(lines(outcome.plan)) or [f"{name}: nothing to recover"]
        return "\n".join([*alive, *decided, "nothing was changed"])
    if outcome.remaining is None:
        return f"{name}: nothing to recover; {len(outcome.ends)} runs accounted for"
    parts = [f"recovered: {len(outcome.adopted)} adopted, {outcome.still_to_create} still to create"]
    parts += _listed("not there, so the next deploy makes it", outcome.absent)
    parts += _listed("begun, and without a name to look for; look into the account for a second one", outcome.unnamed)
    parts += _listed("would be replaced; if it is whole: --untaint ADDRESS", outcome.would_be_replaced)
    if outcome.plan.was_destroying:
        parts.append(f"The run was removing {name}. Go on with: studyctl destroy {name}")
    elif not outcome.remaining.is_empty:
        parts.append(f"Go on with: studyctl deploy {name}")
    return "\n".join(parts)


def as_json(outcome: RecoveryOutcome, *, dry_run: bool) -> dict[str, Any]:
    """The recovery for programs."""
    plan = outcome.plan
    return {
        "environment": plan.environment,
        "dry_run": dry_run,
        "runs": [
            {
                "run_id": end.record.run_id,
                "operation": end.record.operation.value,
                "end": end.words,
                "lost": end.is_lost,
            }
            for end in outcome.ends
        ],
        "alive": [record.run_id for record in outcome.alive],
        "lock": plan.lock_step.name.lower(),
        "state": plan.state_step.name.lower(),
        "adopt": {one.address: one.resource_id for one in plan.adopt},
        "look_for": list(plan.search),
        "contested": {one.address: one.resource_id for one in plan.contested},
        "made_again": list(plan.made_again),
        "tainted": list(plan.tainted),
        "untainted": list(plan.untaint),
        "adopted": list(outcome.adopted),
        "absent": list(outcome.absent),
        "unnamed": list(outcome.unnamed),
        "still_to_create": outcome.still_to_create,
        "would_be_replaced": list(outcome.would_be_replaced),
    }


def _listed(title: str, names: tuple[str, ...]) -> Iterator[str]:
    """A title with its names below, the first ones when there are many."""
    if not names:
        return
    yield f"{title}:"
    yield from (f"  {name}" for name in names[:LISTED])
    if len(names) > LISTED:
        yield f"  and {len(names) - LISTED} more"
