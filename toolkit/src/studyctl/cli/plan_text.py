"""A plan as people read it: by module, what happens to what, why it is replaced, and what that means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studyctl.cli.markdown import fenced, within
from studyctl.domain.plan import Change, ChangeAction, PlanSummary, Severity

if TYPE_CHECKING:
    from rich.console import RenderableType

SIGNS = {
    ChangeAction.CREATE: ("+", "green"),
    ChangeAction.UPDATE: ("~", "yellow"),
    ChangeAction.REPLACE: ("±", "magenta"),
    ChangeAction.DESTROY: ("-", "red"),
}
CREATES_LISTED = 12
"""More new resources than this in one module are counted, not listed: nothing can be lost by them."""


def counted(plan: PlanSummary) -> str:
    """`418 to create, 2 to update`, or `no changes`."""
    words = [f"{plan.counts[action]} to {action.value}" for action in SIGNS if plan.counts.get(action)]
    return ", ".join(words) or ("changed outputs" if plan.outputs else "no changes")


def render(plan: PlanSummary, *, verbose: bool) -> RenderableType:
    """The plan as a tree of modules for a terminal."""
    from rich.text import Text  # noqa: PLC0415

    text = Text()
    for module, changes in plan.by_module.items():
        text.append(f"{module or 'root'}\n", style="bold")
        for line, style in _lines(changes, verbose=verbose):
            text.append(f"  {line}\n", style=style)
    text.append(f"Plan: {counted(plan)}.", style="bold")
    if plan.worst > Severity.NONE:
        text.append(f" Worst consequence: {plan.worst.label}.", style="bold red")
    return text


def markdown(
    environment: str, plan: PlanSummary, permissions: Sequence[str] = (), *, cost: str = "", is_brief: bool = False
) -> str:
    """The plan for a pull request: the sum, what is dangerous and who may do what in full, the rest folded.

    `permissions` are lines that begin with + or -. A brief one fits into a comment with two others.
    """
    fit: Callable[[Sequence[str]], Sequence[str]] = within if is_brief else list
    parts = [f"### {environment}: {counted(plan)}", ""]
    if cost:
        parts += [f"Cost: {cost}.", ""]
    grave = [change for change in plan.effective if change.consequence.severity > Severity.NONE]
    if grave:
        parts += ["| resource | action | what it means |", "|---|---|---|"]
        parts += fit(
            [
                f"| `{change.address}` | {change.action.value} | **{change.consequence.severity.label}**: "
                f"{_escaped(change.consequence.words)} |"
                for change in grave
            ]
        )
        parts.append("")
    if permissions:
        parts += ["Permissions that are added and removed:", "", *fenced(fit(permissions), "diff")]
    if plan.effective:
        changes = [line for module, found in plan.by_module.items() for line in _told(module, found)]
        parts += [f"<details><summary>All {len(plan.effective)} changes</summary>", ""]
        parts += [*fenced(fit(changes)), "</details>", ""]
    return "\n".join(parts)


def _told(module: str, changes: tuple[Change, ...]) -> Iterator[str]:
    yield module or "root"
    yield from (f"  {line}" for line, _ in _lines(changes, verbose=True))


def as_json(environment: str, plan: PlanSummary, *, has_changes: bool) -> dict[str, Any]:
    """The plan for programs; sensitive values are already replaced."""
    return {
        "environment": environment,
        "has_changes": has_changes,
        "counts": {action.value: count for action, count in plan.counts.items()},
        "worst_consequence": plan.worst.label,
        "changes": [
            {
                "address": change.address,
                "module": change.module,
                "type": change.resource_type,
                "action": change.action.value,
                "forced_by": list(change.forced_by),
                "severity": change.consequence.severity.label,
                "consequence": change.consequence.words,
                "attributes": [
                    {"path": attribute.path, "before": attribute.before, "after": attribute.after}
                    for attribute in change.attributes
                    if change.action in (ChangeAction.UPDATE, ChangeAction.REPLACE)
                ],
            }
            for change in plan.effective
        ],
        "digest": plan.digest,
    }


def _lines(changes: tuple[Change, ...], *, verbose: bool) -> Iterator[tuple[str, str]]:
    creates = [change for change in changes if change.action is ChangeAction.CREATE]
    if len(creates) > CREATES_LISTED and not verbose:
        yield f"+ {len(creates)} resources", "green"
        changes = tuple(change for change in changes if change.action is not ChangeAction.CREATE)
    for change in changes:
        sign, style = SIGNS.get(change.action, ("·", ""))
        local = change.address.removeprefix(f"{change.module}.") if change.module else change.address
        why = f"  (forced by {', '.join(change.forced_by)})" if change.forced_by else ""
        yield f"{sign} {local}{why}", style
        if change.action is ChangeAction.UPDATE:
            for attribute in change.attributes:
                yield f"    {attribute.path}: {_short(attribute.before)} → {_short(attribute.after)}", "dim"
        if change.consequence.words:
            grave = change.consequence.severity > Severity.NONE
            yield f"    {change.consequence.severity.label}: {change.consequence.words}", "bold red" if grave else "dim"


def _short(value: str, limit: int = 60) -> str:
    line = " ".join(value.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
