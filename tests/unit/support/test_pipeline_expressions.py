"""The stand-in for GitHub's expressions: what ours say is understood, everything else is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.support.pipeline.expressions import NotUnderstood, Scope, Status

CONTEXTS = {
    "github": {"ref": "refs/heads/main", "event": {"pull_request": {"number": 7}}},
    "needs": {
        "prod-plan": {"result": "success", "outputs": {"seal": "ab'c"}},
        "other": {"result": "Failure", "outputs": {}},
    },
    "inputs": {"release": "", "environment": "staging"},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.ref == 'REFS/heads/Main'", True),
        ("github.ref != 'refs/heads/main'", False),
        ("needs.prod-plan.outputs.seal", "ab'c"),
        ("needs.prod-plan.outputs.seal == 'ab''c'", True),
        ("needs.*.result", ["success", "Failure"]),
        ("contains(needs.*.result, 'failure')", True),
        ("!contains(needs.*.result, 'skipped')", True),
        ("contains(github.ref, 'main')", True),
        ("inputs.release || 'the last'", "the last"),
        ("inputs.environment && 'some'", "some"),
        ("github.event.pull_request.number", 7),
        ("(true || false) && false", False),
        ("true || false && false", True),
        ("!true == false", True),
        ("null", None),
    ],
)
def test_what_an_expression_is_worth(expression: str, value: Any) -> None:
    assert Scope(CONTEXTS).evaluate(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "secrets.KEY",
        "github.actor",
        "needs.absent.result",
        "hashFiles('**/lock')",
        "startsWith(github.ref, 'refs')",
        "github.event.pull_request.number == '7'",
        "inputs['release']",
        "github.ref ==",
        "(true",
        "true true",
        'github.ref == "main"',
        "",
    ],
)
def test_what_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(NotUnderstood, match=re.escape(repr(expression))):
        Scope(CONTEXTS).evaluate(expression)


GOOD, FAILED, CANCELLED = Status(), Status(is_success=False), Status(is_success=False, is_cancelled=True)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("", (True, False, False)),
        ("github.ref == 'refs/heads/main'", (True, False, False)),
        ("${{ github.ref == 'refs/heads/main' }}", (True, False, False)),
        ("always()", (True, True, True)),
        ("always() && github.ref == 'refs/heads/main'", (True, True, True)),
        ("always() && github.ref == 'refs/heads/other'", (False, False, False)),
        ("failure()", (False, True, False)),
        ("cancelled()", (False, False, True)),
        ("!cancelled()", (True, True, False)),
        ("success() || failure()", (True, True, False)),
    ],
)
def test_when_a_step_runs(condition: str, holds: tuple[bool, bool, bool]) -> None:
    assert tuple(Scope(CONTEXTS, status).holds(condition) for status in (GOOD, FAILED, CANCELLED)) == holds


def test_strings_are_filled_in() -> None:
    assert Scope(CONTEXTS).text("to ${{ inputs.environment }}, ${{ true }}${{ null }}!") == "to staging, true!"
    with pytest.raises(NotUnderstood):
        Scope(CONTEXTS).text("${{ needs.*.result }}")
