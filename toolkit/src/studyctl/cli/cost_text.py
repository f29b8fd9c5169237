"""A month's cost as people read it, without cents that an estimate does not have; and for programs, with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studyctl.domain.cost import Evidence

if TYPE_CHECKING:
    from decimal import Decimal

    from rich.console import RenderableType

    from studyctl.domain.cost import BudgetVerdict, Comparison, Estimate, Line, PriceTable

EVIDENCE = {
    Evidence.LIST: "on prices read in copies of AWS's list",
    Evidence.PUBLISHED: "on prices that others published",
    Evidence.ASSUMED: "on prices that are assumed",
}


def summed(verdict: BudgetVerdict) -> str:
    """`about $785 a month, 53 % of the budget of $1,500`."""
    over = ", which is more than it may be" if verdict.is_exceeded else ""
    return (
        f"about {dollars(verdict.estimated_usd)} a month, {verdict.percent} % of the budget of "
        f"${verdict.budget_usd:,}{over}"
    )


def dollars(usd: Decimal) -> str:
    """Whole dollars with thousands apart; `<$1` for what is not nothing and rounds to it."""
    return "<$1" if 0 < usd < 1 else f"${usd:,.0f}"


def changed(usd: Decimal) -> str:
    """`+$12`, `-$3` or `±$0`."""
    if abs(usd) < 1:
        return "±$0" if not usd else ("+<$1" if usd > 0 else "-<$1")
    return f"{'+' if usd > 0 else '-'}${abs(usd):,.0f}"


def render(found: Estimate, *, verbose: bool) -> RenderableType:
    """One row a module, dearest first; with `verbose` one a charge."""
    from studyctl.cli.console import table  # noqa: PLC0415

    if verbose:
        rows = [(line.address, line.what, _rate(line), dollars(line.usd)) for line in _dearest(found)]
        return table(("resource", "what", "price", "a month"), [*rows, ("", "", "", dollars(found.usd))])
    modules = [(name, dollars(usd)) for name, usd in found.by_module.items()]
    return table(("module", "a month"), [*modules, ("", dollars(found.usd))])


def render_change(compared: Comparison) -> RenderableType:
    """One row for each module that a plan makes dearer or cheaper."""
    from studyctl.cli.console import table  # noqa: PLC0415

    before, after = compared.before.by_module, compared.after.by_module
    rows = [
        (name, _dollars_or_none(before.get(name)), _dollars_or_none(after.get(name)), changed(difference))
        for name, difference in compared.changes.items()
    ]
    total = ("", dollars(compared.before.usd), dollars(compared.after.usd), changed(compared.usd))
    return table(("module", "before", "after", "change"), [*rows, total])


def footing(found: Estimate, prices: PriceTable) -> list[str]:
    """What the sum rests on, and what is missing in it."""
    known = ", ".join(f"{dollars(found.by_evidence[kind])} {words}" for kind, words in EVIDENCE.items())
    told = [
        f"Prices as of {prices.as_of}: {known}.",
        f"{dollars(found.used_usd)} of it is use that nobody measured: infra/cost/usage.yaml.",
    ]
    return told + [f"Not in the sum: {what}" for what in found.unpriced]


def markdown(verdict: BudgetVerdict, compared: Comparison, prices: PriceTable, *, is_change: bool) -> str:
    """For a pull request: the sum, what it is made of or what changes, and what it rests on."""
    change = f" ({changed(compared.usd)})" if is_change else ""
    parts = [f"### {verdict.environment}: {summed(verdict)}{change}", ""]
    if is_change:
        parts += ["| module | before | after | change |", "|---|--:|--:|--:|"]
        before, after = compared.before.by_module, compared.after.by_module
        parts += [
            f"| {name} | {_dollars_or_none(before.get(name))} | {_dollars_or_none(after.get(name))} | {changed(usd)} |"
            for name, usd in compared.changes.items()
        ]
    else:
        parts += ["| module | a month |", "|---|--:|"]
        parts += [f"| {name} | {dollars(usd)} |" for name, usd in compared.after.by_module.items()]
    return "\n".join([*parts, "", *footing(compared.after, prices), ""])


def as_json(verdict: BudgetVerdict, compared: Comparison, prices: PriceTable, *, is_change: bool) -> dict[str, Any]:
    """For programs; amounts are texts in US dollars with cents."""
    after = compared.after
    found: dict[str, Any] = {
        "environment": verdict.environment,
        "usd_a_month": _cents(after.usd),
        "budget": {
            "usd_a_month": verdict.budget_usd,
            "percent": verdict.percent,
            "is_exceeded": verdict.is_exceeded,
            "is_enforced": verdict.is_enforced,
        },
        "prices_as_of": prices.as_of.isoformat(),
        "by_evidence": {kind.value: _cents(usd) for kind, usd in after.by_evidence.items()},
        "of_it_assumed_use": _cents(after.used_usd),
        "by_module": {name: _cents(usd) for name, usd in after.by_module.items()},
        "lines": list(_lines(after)),
        "not_in_the_sum": list(after.unpriced),
    }
    if is_change:
        found["change"] = {
            "usd_a_month": _cents(compared.usd),
            "before": _cents(compared.before.usd),
            "by_module": {name: _cents(usd) for name, usd in compared.changes.items()},
        }
    return found


def _lines(found: Estimate) -> Iterator[dict[str, str]]:
    for line in found.lines:
        yield {
            "address": line.address,
            "what": line.what,
            "item": line.price.item,
            "quantity": f"{line.quantity:f}",
            "usd": f"{line.price.usd:f}",
            "per": line.price.per,
            "usd_a_month": _cents(line.usd),
            "evidence": line.evidence.value,
            "source": line.price.source,
            "assumption": line.reason,
        }


def _dearest(found: Estimate) -> list[Line]:
    return sorted(found.lines, key=lambda line: (-line.usd, line.address, line.what))


def _rate(line: Line) -> str:
    return f"{line.quantity.normalize():f} × ${line.price.usd.normalize():f} {line.price.per}"


def _dollars_or_none(usd: Decimal | None) -> str:
    return "" if usd is None else dollars(usd)


def _cents(usd: Decimal) -> str:
    return f"{usd:.2f}"
