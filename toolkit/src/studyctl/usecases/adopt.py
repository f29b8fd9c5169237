"""Take what an unknown run made, and no state names, into the state: look for it by planning its import."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studyctl.domain.events import Diagnostic, Event
from studyctl.domain.guard import Finding, Verdict, check_plan
from studyctl.domain.import_ids import Place, import_id, is_identity_enough, type_of
from studyctl.domain.journal import Step
from studyctl.domain.plan import NOTHING, PlanSummary, summarise
from studyctl.domain.progress import Progress
from studyctl.domain.recovery import (
    RecoveryPlan,
    blamed,
    check_adoption,
    says_missing,
)
from studyctl.domain.workspace import Workspace
from studyctl.errors import OutcomeUnknown, PreflightFailed, UsageError
from studyctl.usecases.plan import JudgedPlan
from studyctl.usecases.recovery_ports import Ports, Steps

MAX_TRIES = 12
"""How often the imports are planned: each try drops what does not exist or learns more names."""


@dataclass
class Found:
    """What the search for real things has come to so far: import identities, and what is not known yet or not there."""

    imports: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    certain: frozenset[str] = frozenset()
    absent: set[str] = field(default_factory=set)
    unnamed: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, plan: RecoveryPlan) -> Found:
        """Start with what the plan names: some by their identity, the others still to be learnt."""
        made = {one.address: one.resource_id for one in plan.adopt}
        imports = {address: identity for address, identity in made.items() if is_identity_enough(type_of(address))}
        names_needed = {address: identity for address, identity in made.items() if address not in imports}
        return cls(imports, {**names_needed, **dict.fromkeys(plan.search, "")}, frozenset(made))

    @property
    def targets(self) -> tuple[str, ...]:
        """Everything that is still looked for."""
        return (*self.imports, *self.open)

    def learn(self, document: Mapping[str, Any], place: Place) -> bool:
        """Name what a plan tells the names of; whether there was anything new."""
        planned = {raw["address"]: raw["change"].get("after") or {} for raw in document.get("resource_changes", ())}
        learnt = {
            address: identity
            for address, known in self.open.items()
            if (identity := import_id(type_of(address), planned.get(address, {}), place, known))
        }
        self.imports |= learnt
        self.open = {address: known for address, known in self.open.items() if address not in learnt}
        return bool(learnt)

    def give_up(self) -> None:
        """Nothing more can be learnt."""
        self.unnamed |= self.open.keys()
        self.open = {}

    def drop(self, addresses: Collection[str]) -> None:
        """Take away what is not there."""
        self.absent |= set(addresses)
        self.imports = {address: identity for address, identity in self.imports.items() if address not in addresses}


def adopt(plan: RecoveryPlan, workspace: Workspace, ports: Ports, run_id: str, step: Steps) -> Found:
    """Plan the imports until all that is left exists, guard that plan, and apply it.

    Raises:
        Refused: adopting would take something away.
        OutcomeUnknown: it cannot be told what exists.
        PreflightFailed: something that exists cannot be adopted.
    """
    found = Found.begin(plan)
    if not found.targets:
        return found
    try:
        with step(Step.RENDER):
            ports.root.make()
            ports.terraform.init(ports.root.workspace)
        with step(Step.PLAN):
            judged = _plan_imports(found, ports, run_id)
        if judged is None:
            return found
        if not judged.has_changes:
            ports.terraform.discard(judged.file)
            return found
        ports.narrator.planned(judged)
        with step(Step.GUARD):
            judged.verdict.enforce()
        with step(Step.CONFIRM):
            ports.narrator.confirm(f"Adopt these {len(found.imports)} into the state of {workspace.environment}?")
        with step(Step.APPLY):
            ports.terraform.apply(ports.root.workspace, run_id, judged.file, on_event=ports.narrator.on_event())
        ports.terraform.discard(judged.file)
    finally:
        ports.root.remove()
    return found


def _plan_imports(found: Found, ports: Ports, run_id: str) -> JudgedPlan | None:
    """Plan until every import that is left is of something that exists; None when nothing is left.

    Names become known as what they depend on is imported, so an open name is asked for again after each success.
    """
    for _ in range(MAX_TRIES):
        if not found.targets:
            return None
        ports.root.write_imports(found.imports)
        judged = _try_imports(found, ports, run_id)
        if judged is None:
            continue
        if found.open:
            if not found.learn(judged.document, ports.place):
                found.give_up()
            ports.terraform.discard(judged.file)
            continue
        return judged
    raise OutcomeUnknown(
        f"after {MAX_TRIES} plans it is still not known what exists of {ports.root.workspace.environment}",
        why=f"Still looked for: {', '.join(found.targets)}.",
        hint="Leave some of them out with --leave ADDRESS, then recover again.",
    )


def _try_imports(found: Found, ports: Ports, run_id: str) -> JudgedPlan | None:
    """Plan the imports; None when some were dropped because there is nothing to import."""
    errors: list[Diagnostic] = []
    draw = ports.narrator.on_event()

    def on_event(event: Event, progress: Progress) -> None:
        if isinstance(event, Diagnostic) and event.severity == "error":
            errors.append(event)
        draw(event, progress)

    workspace = ports.root.workspace
    out = workspace.run_dir(run_id) / "adopt.tfplan"
    try:
        outcome = ports.terraform.plan(workspace, run_id, out=out, targets=found.targets, on_event=on_event)
    except (PreflightFailed, UsageError) as failure:
        guilty = blamed(errors, found.imports)
        gone = {one for one, error in guilty.items() if one not in found.certain or says_missing(error)}
        if gone:
            found.drop(gone)
            return None
        if not guilty:
            raise
        raise PreflightFailed(
            f"{', '.join(sorted(guilty))} cannot be adopted",
            why=failure.why,
            hint=f"To go on without, and look after it by hand: --leave '{min(guilty)}'",
        ) from failure
    document = ports.terraform.show_plan(workspace, outcome.plan) if outcome.has_changes else {}
    summary = summarise(document) if document else NOTHING
    verdict = Verdict((*check_adoption(summary).findings, *_other_findings(summary)))
    return JudgedPlan(outcome.plan, outcome.has_changes, summary, verdict, document, outcome.warnings)


def _other_findings(summary: PlanSummary) -> Iterator[Finding]:
    """What any plan is refused for, but for what a recovery refuses anyway."""
    removed = {change.address for change in summary.changes if change.removes}
    yield from check_plan(summary, allowed_destroys=removed).findings
