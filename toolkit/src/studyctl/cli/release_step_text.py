"""What a step means for whoever watches: what happens, and what users meet meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studyctl.domain.release.plan import longest
from studyctl.domain.release.steps import StepKind

if TYPE_CHECKING:
    from studyctl.domain.release.ledger import LedgerEntry
    from studyctl.domain.release.steps import Step

_MEANINGS = {
    StepKind.REGISTER: "register task definitions for {services}; nothing that serves changes",
    StepKind.MIGRATE: "run `{command}` in a task of the new image; no service changes yet",
    StepKind.UPDATE: "tell ECS to replace the tasks of {services}",
    StepKind.AWAIT_START: "wait until new tasks of {services} run",
    StepKind.FOLLOW: "wait until {services} serve; old tasks answer until new ones are healthy",
    StepKind.START_GREEN: "start green beside {services}; no user meets it",
    StepKind.FOLLOW_GREEN: "wait until green of {services} is healthy; no user meets it",
    StepKind.SHIFT: "give green {weight} % of the traffic of {services}",
    StepKind.WATCH: "compare green of {services} with blue at {weight} %",
    StepKind.RETREAT: "take what traffic of {services} goes to green, where blue serves already",
    StepKind.WITHDRAW: "give blue all of the traffic of {services}, and remove what is left of green",
    StepKind.SMOKE: "smoke test of what serves now",
    StepKind.BAKE: "watch alarms and tasks for {seconds:.0f} s of full health; the lock is free meanwhile",
}


def step_text(entry: LedgerEntry, step: Step) -> str:
    """One line: which entry, how far, what."""
    strategies = [entry.release.services[key].strategy for key in step.services]
    meaning = _MEANINGS[step.kind].format(
        services=", ".join(step.services),
        command=" ".join(step.command),
        weight=step.weight,
        seconds=longest(strategies).bake_seconds,
    )
    return f"{entry.operation} {entry.number}, step {entry.position + 1} of {len(entry.plan)}: {meaning}"


def begun_text(entry: LedgerEntry, fallback: LedgerEntry | None) -> str:
    """What becomes of it when it is not proven, and how a person ends it earlier."""
    name = entry.environment
    back = (
        f"if it is not proven, release {fallback.origin} comes back by itself; to go back now: studyctl rollback {name}"
        if fallback is not None
        else "nothing was ever proven here, so there is nothing to go back to"
    )
    return f"{entry.operation} {entry.number} of {name} is in the ledger: {back}"
