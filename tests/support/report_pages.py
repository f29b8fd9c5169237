"""Reports to make pages of, without an account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.support.checkout import REPOSITORY
from tests.support.releases.commands import Environment

from studyctl.adapters.price_files import read_prices
from studyctl.adapters.specs import SpecFiles
from studyctl.cli.report_page import page
from studyctl.domain.answer import Answer, Known, NotKnown
from studyctl.domain.target import Connection, TargetKind
from studyctl.usecases.cost import price_plan
from studyctl.usecases.lint import LintRequest, PlanDocument, lint
from studyctl.usecases.live import look
from studyctl.usecases.report import Document, EnvironmentReport, Judges, gather

HOSTILE = "<script>alert('x')</script>"


def report(document: Answer[Document], *, nothing: NotKnown | None = None) -> EnvironmentReport:
    """A report of staging with one release, of which nothing else is known."""
    environment = Environment()
    environment.release("a", reason=HOSTILE)
    unknown = nothing or NotKnown(HOSTILE)
    files = SpecFiles(REPOSITORY)
    judges = Judges(
        policy=lambda found: lint(LintRequest(date(2026, 11, 29), plans=(PlanDocument("plan", found),))),
        price=lambda found: price_plan(found, files.load("staging"), read_prices(REPOSITORY)),
    )
    live = look(unknown, environment.ledger, environment="staging", at="2026-11-29T09:00:00+00:00")
    return gather("staging", status=unknown, live=live, document=document, judges=judges)


def shown(found: EnvironmentReport) -> str:
    """Its page."""
    return page(found, Connection(TargetKind.AWS, account_id="1" * 12, region="eu-central-1"))


def planned_page() -> str:
    """The page with everything on it, from the plan of staging in the fixtures."""
    fixture = REPOSITORY / "tests" / "fixtures" / "staging.plan.json"
    document: Mapping[str, Any] = json.loads(fixture.read_text("utf-8"))
    return shown(report(Known(document)))
