"""Judge policies, plans and code by every rule, in one report: ours and checkov's, without what is waived or known."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from studyctl.domain.policy.findings import Finding, Severity, at_least, order_of, ordered
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.repeats import without_repeats
from studyctl.domain.policy.rules.asking import judge_identity, judge_policy
from studyctl.domain.policy.rules.registry import READING_RULES
from studyctl.domain.policy.rules.rule import ask
from studyctl.domain.policy.rules.subjects import Unreadable
from studyctl.domain.policy.waivers import Scope, Skip, Waiver, apply_waivers
from studyctl.errors import Refused
from studyctl.usecases.lint_policies import PolicyText, judge_texts

if TYPE_CHECKING:
    from studyctl.domain.policy.graph.graph import PolicyGraph
    from studyctl.domain.policy.workflow_rules.subject import Pipeline

SHOWN = 20


@dataclass(frozen=True)
class PlanDocument:
    """A plan as terraform's JSON. `file` is empty where it was never a file that a scanner could read."""

    name: str
    document: Mapping[str, Any]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """How much a scanner really looked at: resources of how many files, with how many answers of its checks."""

    checks: int = 0
    resources: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner of code found, and what the code asks it to skip."""

    findings: tuple[Finding, ...] = ()
    skips: tuple[Skip, ...] | None = None
    looked: Looked = Looked()


class Scanner(Protocol):
    """Another tool that reads code and plans."""

    def scan(self, folders: Sequence[str], plans: Sequence[str]) -> Scan:
        """Return what it finds; that it could not look is a finding too."""
        ...


@dataclass(frozen=True)
class LintRequest:
    """What to judge. `folders` hold terraform code, for the scanner; `today` decides which waivers are over.

    `processes` is how many may judge policies at once. `must_use_waivers`: a waiver that waives nothing is a finding.
    """

    today: datetime.date
    policies: Sequence[PolicyText] = ()
    plans: Sequence[PlanDocument] = ()
    folders: Sequence[str] = ()
    unreadable: Sequence[Unreadable] = ()
    pipeline: Pipeline | None = None
    waivers: Sequence[Waiver] = ()
    baseline: Collection[str] = frozenset()
    processes: int = 1
    must_use_waivers: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `known` are findings of the baseline; `gone` are fingerprints of it that were not found again.

    `files` tells of a place where it is: a file is in itself, the address of a resource in the file of its plan.
    """

    findings: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Waiver], ...] = ()
    known: tuple[Finding, ...] = ()
    gone: frozenset[str] = frozenset()
    policies: int = 0
    identities: int = 0
    resources: int = 0
    unreadable: int = 0
    folders: int = 0
    workflows: int = 0
    scanned: Looked | None = None
    """What checkov looked at; None where it was not asked, or could not look."""
    files: Mapping[str, str] = field(default_factory=dict)

    def enforce(self, fail_on: Severity = Severity.LOW, *, is_told: bool = False) -> None:
        """Raise when anything at or above a severity is left.

        Raises:
            Refused: with the findings, gravest first; without them where all were told already.
        """
        grave = at_least(self.findings, fail_on)
        if not grave:
            return
        shown = [str(finding) for finding in grave[:SHOWN]]
        if len(grave) > SHOWN:
            shown.append(f"... and {len(grave) - SHOWN} more")
        count = "a finding" if len(grave) == 1 else f"{len(grave)} findings"
        raise Refused(
            f"refused by policy: {count} at or above {fail_on.label}",
            why="" if is_told else "\n".join(shown),
            hint="Mend them, or waive them with a reason and a date in iam-policies/waivers.yaml (docs/lint.md).",
        )


def lint(request: LintRequest, scanner: Scanner | None = None) -> Report:
    """Judge everything; the scanner works beside our own rules."""
    graphs: list[PolicyGraph] = []
    with ExitStack() as stack:
        policies = stack.enter_context(judge_texts(request.policies, request.processes))
        files = [plan.file for plan in request.plans if plan.file]
        scanning = None
        if scanner is not None and (request.folders or files):
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - needed only beside a scanner

            scanning = stack.enter_context(ThreadPoolExecutor(1)).submit(scanner.scan, request.folders, files)
        found = [finding for one in request.unreadable for finding in ask(READING_RULES, one, one.where)]
        for plan in request.plans:
            graphs.append(_graph(plan))
            found.extend(judge_graph(graphs[-1]))
        if request.pipeline is not None:
            found.extend(_judge_pipeline(request.pipeline))
        judged = policies()
        scan = scanning.result() if scanning is not None else Scan()
    return _report(request, (*judged.findings, *found, *scan.findings), scan, judged.readable, graphs)


def judge_graph(graph: PolicyGraph) -> Iterator[Finding]:
    """Yield what is wrong with a plan: its policies, its identities, its resources."""
    from studyctl.domain.policy.plan_rules.registry import PLAN_RULES  # noqa: PLC0415 - needed only where there is a plan
    from studyctl.domain.policy.plan_rules.subject import PlanSubject  # noqa: PLC0415

    for unreadable in graph.unreadable:
        yield from ask(READING_RULES, unreadable, unreadable.where)
    for subject in graph.policies:
        yield from judge_policy(subject)
    for identity in graph.world.identities:
        yield from judge_identity(IdentitySubject(identity, graph.world))
    yield from ask(PLAN_RULES, PlanSubject(graph), "plan")


def _graph(plan: PlanDocument) -> PolicyGraph:
    from studyctl.domain.policy.graph.graph import graph_of  # noqa: PLC0415 - needed only where there is a plan

    return graph_of(plan.document)


def _judge_pipeline(pipeline: Pipeline) -> Iterator[Finding]:
    from studyctl.domain.policy.workflow_rules.registry import WORKFLOW_RULES  # noqa: PLC0415 - as above

    for unreadable in pipeline.unreadable:
        yield from ask(READING_RULES, unreadable, unreadable.where)
    yield from ask(WORKFLOW_RULES, pipeline, pipeline.folder)


def _own_rules() -> frozenset[str]:
    from studyctl.domain.policy.rules.table import ALL_RULES  # noqa: PLC0415 - needed only for waivers

    return frozenset(rule.id for rule in ALL_RULES)


def gate(
    document: Mapping[str, Any],
    waivers: Sequence[Waiver],
    today: datetime.date,
    *,
    on_report: Callable[[Report], None] | None = None,
) -> Report:
    """Judge a plan before it may be applied. A plan without changes holds nothing to judge.

    Other environments and accounts may need a waiver that this one does not; that none needs it, `lint` says.

    Raises:
        Refused: with every finding that is not waived.
    """
    if not document:
        return Report(())
    plan = PlanDocument("plan", document)
    report = lint(LintRequest(today, plans=(plan,), waivers=waivers, must_use_waivers=False))
    if on_report is not None:
        on_report(report)
    report.enforce()
    return report


def _report(
    request: LintRequest,
    found: tuple[Finding, ...],
    scan: Scan,
    readable: int,
    graphs: Sequence[PolicyGraph],
) -> Report:
    files = _files(request, graphs)
    places = files.keys()
    own = _own_rules() if places and request.waivers and request.must_use_waivers else frozenset()
    scope = Scope(frozenset(places), own, scan.skips, tuple(request.folders))
    waived = apply_waivers(dict.fromkeys(found), request.waivers, scope, request.today)
    new, known, gone = _compared(without_repeats(waived.remaining), request.baseline)
    return Report(
        findings=ordered(new),
        waived=tuple(sorted(waived.waived, key=lambda pair: order_of(pair[0]))),
        known=ordered(known),
        gone=gone,
        policies=readable + sum(len(graph.policies) for graph in graphs),
        identities=sum(len(graph.world.identities) for graph in graphs),
        resources=sum(len(graph.plan.resources) for graph in graphs),
        unreadable=len(request.unreadable) + len(request.policies) - readable,
        folders=len(request.folders),
        workflows=len(request.pipeline.files) if request.pipeline is not None else 0,
        scanned=scan.looked if scan.looked.checks else None,
        files=files,
    )


def _files(request: LintRequest, graphs: Sequence[PolicyGraph]) -> dict[str, str]:
    """Return every place that was looked at, with the file that it is in."""
    pipeline = request.pipeline.files if request.pipeline is not None else ()
    files = {name: name for name in (*(text.name for text in request.policies), *(file.name for file in pipeline))}
    for plan, graph in zip(request.plans, graphs, strict=True):
        for place in ("plan", *(one.address for one in graph.plan.resources)):
            files.setdefault(place, plan.name)
    return files


def _compared(
    findings: Sequence[Finding], baseline: Collection[str]
) -> tuple[Sequence[Finding], Sequence[Finding], frozenset[str]]:
    """Return what is new, what a baseline knows, and what it has that is gone."""
    if not baseline:
        return findings, (), frozenset()
    by_fingerprint: dict[str, list[Finding]] = {}
    for finding in findings:
        by_fingerprint.setdefault(finding.fingerprint, []).append(finding)
    new = [one for print_, same in by_fingerprint.items() if print_ not in baseline for one in same]
    known = [one for print_, same in by_fingerprint.items() if print_ in baseline for one in same]
    return new, known, frozenset(baseline) - by_fingerprint.keys()
