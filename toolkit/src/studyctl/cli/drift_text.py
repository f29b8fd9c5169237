"""Drift as people read it, and for programs and pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studyctl.cli import plan_text
from studyctl.cli.markdown import fenced, within

if TYPE_CHECKING:
    from studyctl.domain.drift import DriftReport
    from studyctl.domain.plan import AttributeChange


DRIFTED = "<!-- drifted -->"
"""Tells the scheduled job that there is something to open an issue for."""
ISSUE_CHARACTERS = 20_000


def summed(found: DriftReport) -> str:
    """`2 changed, 1 gone, 3 unmanaged`, or `no drift`."""
    counts = {
        "changed": len(found.changed),
        "gone": len(found.gone),
        "unmanaged": len(found.unmanaged),
        "known for longer than was said": len(found.expired),
    }
    words = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no drift"
    known = f"; {found.ignored} known" if found.ignored else ""
    pending = f"; not deployed yet: {plan_text.counted(found.pending)}" if found.pending.effective else ""
    return f"{words}{known}{pending}"


def lines(found: DriftReport) -> list[str]:
    """One line a finding, and one a value that differs."""
    told: list[str] = []
    for change in found.changed:
        told.append(f"~ {change.address}")
        told += [f"    {_difference(attribute)}" for attribute in change.attributes]
    told += [f"- {change.address} is gone" for change in found.gone]
    told += [f"? {thing.arn} carries the environment's tags, and no state knows it" for thing in found.unmanaged]
    told += [
        f"! {ignore.where} was to be let be until {ignore.expires}; {ignore.owner} decides" for ignore in found.expired
    ]
    return told


def markdown(environment: str, found: DriftReport, *, is_brief: bool = False) -> str:
    """For a scheduled job's issue or summary. A brief one fits into an issue with two others."""
    parts = [f"### {environment}: {summed(found)}", ""]
    if found.has_drifted:
        told = lines(found)
        parts += [DRIFTED, *fenced(within(told, ISSUE_CHARACTERS) if is_brief else told)]
        parts += [
            f"Bring it back with `studyctl deploy {environment}`, take it over into the code, "
            "or let it be for a while in `infra/drift.yaml`.",
            "",
        ]
    return "\n".join(parts)


def as_json(environment: str, found: DriftReport) -> dict[str, Any]:
    """For programs; sensitive values are already replaced."""
    return {
        "environment": environment,
        "has_drifted": found.has_drifted,
        "changed": [
            {
                "address": change.address,
                "attributes": [{"path": a.path, "state": a.before, "account": a.after} for a in change.attributes],
            }
            for change in found.changed
        ],
        "gone": [change.address for change in found.gone],
        "unmanaged": [{"arn": thing.arn, "region": thing.region} for thing in found.unmanaged],
        "expired": [{"where": ignore.where, "expires": ignore.expires.isoformat()} for ignore in found.expired],
        "ignored": found.ignored,
        "pending": {action.value: count for action, count in found.pending.counts.items()},
    }


def _difference(attribute: AttributeChange) -> str:
    return f"{attribute.path}: {attribute.before} in the state, {attribute.after} in the account"
