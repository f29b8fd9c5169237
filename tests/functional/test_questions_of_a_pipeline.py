"""`cost` and `dr plan` as a pipeline runs them, without a server: what is told, and the exit codes that stop it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY, Checkout
from tests.support.command_line import CommandLine

PLAN = REPOSITORY / "tests" / "fixtures" / "staging.plan.json"
BUDGET = "monthly_usd: 1500"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.copy(tmp_path)


def test_the_sum_is_the_sum_of_its_lines_and_everything_has_a_price(checkout: Checkout) -> None:
    summary = checkout.folder / "cost.md"
    run = CommandLine(checkout.folder)("--json", "cost", "staging", "--diff", str(PLAN), "--md", str(summary)).must(0)
    found = run.document
    assert found["not_in_the_sum"] == []
    assert sum(float(line["usd_a_month"]) for line in found["lines"]) == pytest.approx(
        float(found["usd_a_month"]), abs=2
    )
    assert found["change"]["usd_a_month"] == found["usd_a_month"]
    assert summary.read_text("utf-8").startswith("### staging: about $")
    assert not checkout.build.exists()


def test_a_budget_warns_and_where_it_is_enforced_it_refuses(checkout: Checkout) -> None:
    studyctl = CommandLine(checkout.folder)
    with checkout.edited("staging", BUDGET, "monthly_usd: 10"):
        assert "more than it may be" in studyctl("-q", "cost", "staging", "--plan", str(PLAN)).must(0).stderr
        with checkout.edited("staging", "is_enforced: false", "is_enforced: true"):
            refused = studyctl("-q", "cost", "staging", "--plan", str(PLAN)).must(3)
    assert "budget.is_enforced" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cost", "prod", "--plan", str(PLAN)), "made for staging, not for prod"),
        (("cost", "staging", "--plan", str(PLAN), "--diff", str(PLAN)), "both name the plan"),
        (("cost", "staging", "--plan", "nowhere.json"), "cannot be read"),
    ],
)
def test_bad_input_is_refused(checkout: Checkout, arguments: tuple[str, ...], said: str) -> None:
    assert said in CommandLine(checkout.folder)(*arguments).must(64).stderr


def test_a_region_that_would_lose_too_much_is_told_by_the_exit_code(checkout: Checkout) -> None:
    run = CommandLine(checkout.folder)("--json", "dr", "plan", "prod", "--detailed-exitcode").must(2)
    assert not run.document["is_sufficient"]
    assert not checkout.build.exists()
