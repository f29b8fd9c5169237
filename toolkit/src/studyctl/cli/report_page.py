"""The report's page from what was gathered."""

from __future__ import annotations

import studyctl
from studyctl.adapters.html_page import render_page
from studyctl.cli.report_sections import sections_of
from studyctl.cli.section import Tone
from studyctl.cli.session import headline
from studyctl.domain.target import Connection
from studyctl.usecases.report import EnvironmentReport

WORDS = {Tone.PLAIN: "", Tone.GOOD: "good", Tone.DOUBT: "look", Tone.BAD: "bad"}
"""Said beside the colour: who cannot see one reads the other."""
FOLDED_ABOVE = 25
"""Longer tables are folded, so that a phone shows the next section."""


def page(report: EnvironmentReport, connection: Connection) -> str:
    """One HTML file."""
    return render_page(
        {
            "environment": report.environment,
            "place": headline(report.environment, connection),
            "at": report.live.at,
            "version": studyctl.__version__,
            "sections": sections_of(report),
            "words": WORDS,
            "folded_above": FOLDED_ABOVE,
        }
    )
